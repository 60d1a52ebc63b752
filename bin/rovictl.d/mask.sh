# shellcheck shell=bash
# mask.sh: takes secrets out of text. Rather too much than too little: a report is read by strangers.

# The part of a name that makes its value a secret, in capitals or not.
readonly SECRET='KEY|SECRET|TOKEN|PASS|PWD|CREDENTIAL|AUTH'

# mask_secrets: copies standard input, with "(masked)" in the place of the values of variables, launch arguments,
# options and members whose names look like a secret's; of passwords in URLs; of private keys. Takes out control
# characters, too.
mask_secrets() {
    local name="[A-Za-z0-9_.-]*($SECRET)[A-Za-z0-9_.-]*" text="([^\"\\\\]|\\\\.)*"
    local -a rules=(
        -e ':join' -e '/\\$/{N;s/\\\n/ /;bjoin' -e '}' # a line that goes on
        -e '/-----BEGIN [A-Z ]*PRIVATE KEY-----/,/-----END [A-Z ]*PRIVATE KEY-----/s/.*/(masked)/'
        -e "s/^([[:blank:]]*(export )?${name}[[:blank:]]*=).+/\\1(masked)/I" # a line of a file: to its end
        -e "s/\"($name:?=)$text\"/\"\\1(masked)\"/Ig"                        # "NAME=VALUE"
        -e "s/'($name:?=)[^']*'/'\\1(masked)'/Ig"
        -e "s/($name:?=)\"$text\"/\\1\"(masked)\"/Ig" # NAME="VALUE"
        -e "s/($name:?=)'[^']*'/\\1'(masked)'/Ig"
        -e "s/($name:?=)([^[:space:]\"']|[\"'][A-Za-z0-9])+/\\1(masked)/Ig" # NAME=VALUE
        -e "s/(\"$name\"[[:space:]]*:[[:space:]]*)\"$text\"/\\1\"(masked)\"/Ig"
        -e "s/('$name'[[:space:]]*:[[:space:]]*)'[^']*'/\\1'(masked)'/Ig"
        -e "s/(--$name)[[:space:]]+[^[:space:]-][^[:space:]]*/\\1 (masked)/Ig" # --name VALUE
        -e 's/((authorization|x-[a-z-]*(key|token)):).+/\1 (masked)/I'         # a header of HTTP
        -e 's|(://[^/@:[:space:]]*:)[^/@[:space:]]+@|\1(masked)@|g'
    )
    LC_ALL=C tr -d '\000-\010\013-\037\177' | LC_ALL=C sed -E "${rules[@]}"
}
