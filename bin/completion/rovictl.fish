# fish completion for rovictl. rovictl itself knows the words, the names of the installed stacks
# among them.
function __rovictl_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete $words[2..-1] 2>/dev/null
end
complete -c rovictl -f -a '(__rovictl_complete)'
