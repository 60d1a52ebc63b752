#!/bin/bash
# Makes the robot as if just installed. Only what is needed: most tests leave nothing that runs, and the gateway as it
# was.
stacks=$(systemctl list-units --plain --no-legend --state=active,reloading,activating,deactivating 'rovi-*.service' |
    cut -d' ' -f1 | grep -xE 'rovi-(teleop|mapping|localization|nav|camera).service')
[[ ! $stacks ]] || systemctl stop $stacks
rm -rf /tmp/{go,held,hold,ready} /run/rovi_requests/* /opt/ros/jazzy/slow_setup
source /opt/harness/forget_starts.bash
systemctl reset-failed
journalctl --rotate --vacuum-time=1ms -q
[[ $(systemctl is-active rovi-gateway.service rovi-stacks.target) == $'active\nactive' ]] ||
    systemctl restart rovi-gateway.service
