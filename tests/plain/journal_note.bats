#!/usr/bin/env bats
# What goes into the journal, and its catalog.

load helper

setup() {
    house lib/journal_note
}

# not COMMAND...: fails if COMMAND does not. A bare "!" would fail no test.
not() {
    ! "$@"
}

@test "an entry has its MESSAGE_ID and its fields, a line each" {
    journal_text stop "alice stops nav" ROVI_STACK=nav "ROVI_PARAMETERS=a:=1 b:=2"
    [ "$ROVI_REPLY" = "MESSAGE_ID=${JOURNAL_ID[stop]}
PRIORITY=5
SYSLOG_IDENTIFIER=rovi
MESSAGE=alice stops nav
ROVI_STACK=nav
ROVI_PARAMETERS=a:=1 b:=2" ]
}

@test "a field with a newline is refused, because it would be two" {
    not journal_text stop "alice stops nav" $'ROVI_STACK=nav\n_UID=0'
    not journal_text stop $'alice\nMESSAGE_ID=1' ROVI_STACK=nav
}

@test "a field that is too long is cut" {
    printf -v long '%9000s' x
    journal_text end "$long" ROVI_STACK=nav
    [ ${#ROVI_REPLY} -lt 3000 ]
}

@test "each kind of entry is in the catalog, and nothing else" {
    listed=$(sed -n 's/^-- //p' "$TOP/services/rovi.catalog" | sort)
    [ "$listed" = "$(printf '%s\n' "${JOURNAL_ID[@]}" | sort)" ]
    [ "$(sort -u <<<"$listed" | wc -l)" = ${#JOURNAL_ID[@]} ]
}
