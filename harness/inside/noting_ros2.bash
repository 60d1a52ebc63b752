#!/bin/bash
# Instead of ros2: notes when it was run. Bash needs 2 ms to get there, which count.
printf '%s' "$EPOCHREALTIME" >~/exec_at
sleep 1000 &
wait
