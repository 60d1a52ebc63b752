#!/bin/bash
# Makes the robot as if just installed. Only what is needed: most tests leave nothing that runs, and the gateway as it
# was. The snapshots of the environment stay, as a robot has them from its second start on: to make one costs more than
# a start.
stacks=$(systemctl list-units --plain --no-legend --state=active,reloading,activating,deactivating 'rovi-*.service' |
    cut -d' ' -f1 | grep -xE 'rovi-(teleop|mapping|localization|nav|camera).service')
[[ ! $stacks ]] || systemctl stop $stacks
rm -rf /tmp/{go,held,hold,ready} /run/rovi_requests/* /home/rovi/standin /home/rovi/rovi_ros_ws/standin \
    /opt/ros/jazzy/slow_setup
ros=/home/rovi/.ros
find $ros ! \( -user rovi \( -type d -perm -0700 \( -path $ros -o -path $ros/rovi -o -path $ros/rovi/env \) \
    -o -type f -path "$ros/rovi/env/*" \) \) -delete 2>/dev/null || rm -rf $ros
systemctl reset-failed
journalctl --rotate --vacuum-time=1ms -q
[[ $(systemctl is-active rovi-gateway.service rovi-stacks.target) == $'active\nactive' ]] ||
    systemctl restart rovi-gateway.service
