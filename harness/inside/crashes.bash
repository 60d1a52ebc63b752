#!/bin/bash
# crashes.bash SEED COUNT: kills the gateway COUNT times while stacks start. Notes what is wrong in /tmp/crashes.said.
# Every other time one stack is asked for, another each time, and it has come up; else three are asked for at once. The
# sleep is the moment of the crash.
# "without": a stack that has outlived its gateway.
RANDOM=$1
stacks=(teleop mapping localization nav camera)
units() { systemctl list-units --no-legend --plain 'rovi-*.service'; }
for ((n = 0; n < $2; n++)); do
    systemctl reset-failed
    systemctl start rovi-gateway || echo "gateway $n"
    if ((n % 2)); then
        systemctl start --no-block rovi-${stacks[RANDOM % 5]} rovi-${stacks[RANDOM % 5]}
        runuser -u alice -- timeout 30 rovictl start ${stacks[RANDOM % 5]} --no-wait >/dev/null 2>&1
    else
        systemctl start rovi-${stacks[n / 2 % 5]} || echo "start $n"
    fi
    sleep 0.$((RANDOM % 7))
    systemctl kill -s KILL --kill-who=main rovi-gateway
    for ((try = 0; try < 300; try++)); do
        units | grep -Eq ' (active|activating|deactivating) ' || break
        sleep 0.05
    done
    pgrep -f stack:= >/dev/null && echo "without $n: $(pgrep -af stack:=)" && exit
done >/tmp/crashes.said 2>&1
