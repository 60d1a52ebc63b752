#!/bin/bash
# storm.bash SEED COUNT [hardware]: one of eight shells: alice by rovictl, root by systemctl, SIGKILL for a main
# process; stacks at random; with a third word, the hardware among the rest. Notes each exit status in /tmp/storm.SEED.
RANDOM=$1 sides=$((${3:+6} + 50)) stacks=(teleop mapping localization nav camera)
operator() { timeout 120 runuser -u alice -- env BASH_ENV=/opt/harness/fault_point.bash rovictl "$@"; }
for ((n = 0; n < $2; n++)); do
    stack=${stacks[RANDOM % 5]} dice=$((RANDOM % sides))
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
        50 | 51)
            systemctl kill --kill-who=main --signal=KILL rovi-hardware
            systemctl start rovi-hardware
            ;;
        52) systemctl kill --kill-who=main --signal=KILL rovi-hardware ;; # until somebody else starts it
        53 | 54) systemctl restart rovi-hardware ;;
        55) timeout 120 rovictl hardware restart ;;
        esac } >/tmp/said.$1 2>&1
    echo "$? $dice" >>/tmp/storm.$1
    [[ $(tail -n 1 /tmp/storm.$1) != [24]\ * ]] || {
        tail -n 1 /tmp/storm.$1
        cat /tmp/said.$1
    } >>/tmp/odd
done
