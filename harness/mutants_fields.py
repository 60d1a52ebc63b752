"""The mutants of the status fields: the verb field, watch --field and the example of a UI bridge."""

from harness.mutant import Mutant

FIELDS = [
    Mutant("a field is status's idea of a service", "bin/rovictl_field.sh", '${UNIT["$2.service/ActiveState"]:-inactive}',
           '${ACTIVE["${2#rovi-}"]:-inactive}', "queued_is_not", suite="bus"),
    Mutant("a field may be of any service", "bin/rovictl_field.sh", "[[ $1 && $1 != rovi-gateway && ! ${stack_file[${1#rovi-}]-} ]] || return 0",
           "return 0", "cannot_be_told", suite="bus"),
    Mutant("a service need not look like one", "bin/rovictl_field.sh", '[[ $1 == rovi-* ]] && rovi_valid_name "${1#rovi-}"', "true",
           "cannot_be_told", suite="bus"),
    Mutant("a process need not look like one", "bin/rovictl_field.sh", "[[ $1 && ${#1} -le 255 && $1 != @(-*|*/*|*[[:cntrl:]]*) ]]", "true",
           "cannot_be_told", suite="bus"),
    Mutant("any word is a field", "bin/rovictl_args.sh", 'valid_field "$2" ||', "true ||", "field_that_is_none", suite="bus"),
    Mutant("an id is any text", "bin/rovictl_field.sh", "$id =~ ^[A-Za-z0-9_.-]{1,64}$ &&", "$id &&", "field_that_is_none", suite="bus"),
    Mutant("two fields share an id", "bin/rovictl_field.sh", "        taken[$id]=yes\n", "", "cannot_be_told", suite="bus"),
    Mutant("--service is for anything", "bin/rovictl_field.sh", "[[ ! ${option[--service]-} ]] ||", "true ||", "cannot_be_told", suite="bus"),
    Mutant("watch takes a unit and fields", "bin/rovictl_field.sh", "[[ ! ${1-} ]] || bad_usage", "true || bad_usage", "cannot_be_told", suite="bus"),
    Mutant("a part of a process's name will do", "bin/rovictl_field.sh", '*/"$process"/*', '*"$process"*', "by_its_exact_name", suite="bus"),
    Mutant("a process's name is a pattern", "bin/rovictl_field.sh", '*/"$process"/*', "*/$process/*", "by_its_exact_name", suite="bus"),
    Mutant("a process of another service counts", "bin/rovictl_field.sh", "[[ $3 ]] || where=", "where=", "a_process_is", suite="bus"),
    Mutant("watch says every field at every look", "bin/rovictl_field.sh", '[[ ${told[$id]-} != "$ROVI_REPLY" ]] || continue', "",
           "and_then_what_changes", suite="bus"),
    Mutant("watch keeps what it knows of processes", "bin/rovictl_field.sh", "    local field id kind name service\n    local -A programs=()",
           "    local field id kind name service\n    declare -gA programs", "and_then_what_changes", suite="bus"),
    Mutant("only the last field goes over ssh", "bin/rovictl_remote.sh", "--field:*)", "--no-field:*)", "over_ssh", suite="bus"),
    Mutant("only the first name goes over ssh", "bin/rovictl_remote.sh", ' ${second:+"$second"}', "", "over_ssh", suite="bus"),
    Mutant("a text field may have a unit", "harness/ui_bridge.py", 'if kind == "float" else set()', "if True else set()", "field_that_is_refused", suite="bus"),
    Mutant("a float field needs no unit", "harness/ui_bridge.py", 'need(isinstance(entry.get("unit"), str)', "need(True", "field_that_is_refused", suite="bus"),
    Mutant("the meta of a float field has a type", "harness/ui_bridge.py", 'if field.type != "float":', "if True:", "metas_have", suite="bus"),
    Mutant("a bridge leaves rovictl behind", "harness/ui_bridge.py", "process.communicate()  #", "pass  #", "fed_through_rovictl"),
]
