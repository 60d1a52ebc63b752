#compdef rovictl
# zsh completion for rovictl. rovictl itself prints the words, also the names of the installed stacks.
_rovictl() {
    local -a candidates
    candidates=(${(f)"$($words[1] __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    candidates=(${${candidates//:/\\:}//$'\t'/:}) # _describe splits at the first colon that is not escaped
    _describe rovictl candidates
}
# Autoloaded from fpath as _rovictl, or sourced from `rovictl completion zsh`.
if [[ $funcstack[1] == _rovictl ]]; then
    _rovictl "$@"
else
    compdef _rovictl rovictl
fi
