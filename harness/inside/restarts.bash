#!/bin/bash
# restarts.bash COUNT: alice restarts mapping.
for ((n = 0; n < $1; n++)); do
    runuser -u alice -- rovictl restart mapping >/tmp/restart.said 2>&1 || {
        cat /tmp/restart.said
        exit 1
    }
done
rm /tmp/restart.said
