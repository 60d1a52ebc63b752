#!/bin/bash
# Prints how many there are of what may grow, a name and a number a line. Not what is mounted below /run/systemd,
# credentials and the like.
echo "descriptors $(ls /proc/1/fd | wc -l)"
echo "units $(systemctl list-units --all --no-legend | wc -l)"
echo "jobs $(systemctl list-jobs --no-legend | wc -l)"
echo "run_rovi $(find /run/rovi /run/rovi_requests | wc -l)"
echo "run_systemd $(find /run/systemd -xdev -not -path '/run/systemd/journal/streams/*' | wc -l)"
echo "streams $(ls /run/systemd/journal/streams 2>/dev/null | wc -l)"
echo "ros $(find /home/rovi/.ros -not -path "*/log/*" | wc -l)" # each launch makes a log
echo "tmp $(find /tmp | wc -l)"
echo "shm $(find /dev/shm | wc -l)"
own=$(sed -nE 's|^[0-9]+:(name=systemd)?:(.*)/init.scope$|\2|p' /proc/1/cgroup | head -n 1) # not other containers'
echo "groups $(find /sys/fs/cgroup{/systemd,}"$own" -type d 2>/dev/null | wc -l)"
echo "mounts $(wc -l </proc/self/mountinfo)"
echo "processes $(ls -d /proc/[0-9]* | wc -l)"
echo "locks $(grep -c . /proc/locks)"
echo "systemd_kb $(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/1/status)"
