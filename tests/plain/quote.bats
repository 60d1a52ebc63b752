#!/usr/bin/env bats
# How a message shows what somebody has typed or written.

load helper

@test "what is unusual is quoted, as it was written where that is possible" {
    house lib/text
    for text in nav map:=lab1 /a/b.c _-.; do
        [[ $(rovi_quote "$text") == "$text" ]]
    done
    for text in ' map' '[a-z' 'a b' '$(id)' '*' 'a\b' '"' '; rm -rf /' '~' '!'; do
        [[ $(rovi_quote "$text") == "'$text'" ]]
    done
    [[ $(rovi_quote '') == "''" ]]
}

@test "what is quoted is one word for the shell, without control characters, and cut" {
    house lib/text
    for text in "it's" $'a\nb' $'\e[31m' $'\x7f' "'" $'tab\t' '$(touch x)' 'a b' '!x' $'\xff' "' ; echo"; do
        quoted=$(rovi_quote "$text")
        [[ $quoted != *[[:cntrl:]]* ]]
        words=()
        eval "words=($quoted)"
        [[ ${#words[@]} == 1 && ${words[0]} == "$text" ]]
    done
    printf -v long 'x%.0s' {1..81}
    [[ $(rovi_quote "$long") == "${long:1}…" && $(rovi_quote "${long:1}") == "${long:1}" ]]
}
