# fish completion for rovictl. rovictl itself prints the words, also the names of the installed stacks.
function __rovictl_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete $words[2..-1] 2>/dev/null
end
complete -c rovictl -f -a '(__rovictl_complete)'
