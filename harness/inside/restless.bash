#!/bin/bash
# restless.bash SEED: an operator who does not rest. Says in /run/user.log how far it has come, so that a failure can
# tell what was cut.
stacks=(teleop mapping localization nav camera) RANDOM=$1
while true; do
    verb=switch stack=${stacks[RANDOM % 5]}
    ((RANDOM % 3)) || verb=restart
    ((RANDOM % 4)) || verb=stop stack=
    echo "$verb $stack" >>/run/user.log
    rovictl $verb $stack >>/run/user.log 2>&1
done
