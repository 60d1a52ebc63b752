#!/bin/bash
# storm.bash SEED COUNT: one of eight shells: alice by rovictl, root by systemctl, SIGKILL for a main process; stacks at
# random. Notes each exit status in /tmp/storm.SEED.
RANDOM=$1 stacks=(teleop mapping localization nav camera)
operator() { timeout 120 runuser -u alice -- env BASH_ENV=/opt/harness/fault_point.bash rovictl "$@"; }
for ((n = 0; n < $2; n++)); do
    stack=${stacks[RANDOM % 5]} dice=$((RANDOM % 50))
    { case $dice in
        ? | 1[0-2]) operator start $stack ;;
        1[3-6]) operator start nav --variant slam map:=lab1 ;;
        1[7-9] | 2[0-4]) systemctl start rovi-$stack ;;
        2[5-8]) operator stop ;;
        29 | 3[0-2]) systemctl stop rovi-$stack ;;
        3[3-8]) operator restart $stack ;;
        39 | 4[0-4]) operator switch $stack ;;
        4[5-7]) systemctl kill --kill-who=main --signal=KILL 'rovi-[!g]*.service' ;;
        48)
            systemctl kill --kill-who=main --signal=KILL rovi-gateway
            systemctl restart rovi-gateway
            ;;
        49) systemctl daemon-reload ;;
        esac } >/tmp/said.$1 2>&1
    echo "$? $dice" >>/tmp/storm.$1
    [[ $(tail -n 1 /tmp/storm.$1) != [24]\ * ]] || {
        tail -n 1 /tmp/storm.$1
        cat /tmp/said.$1
    } >>/tmp/odd
done
