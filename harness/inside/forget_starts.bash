#!/bin/bash
# Removes what the starts of a test have left in the home of the service user. The snapshots of the environment stay, as
# a robot has them from its second start on: to make one costs more than a start.
ros=/home/rovi/.ros
rm -rf /home/rovi/standin /home/rovi/rovi_ros_ws/standin
find $ros ! \( -user rovi \( -type d -perm 0755 \( -path $ros -o -path $ros/rovi \) \
    -o -type d -perm 0700 -path $ros/rovi/env -o -type f -perm 0600 -path "$ros/rovi/env/*" \) \) \
    -delete 2>/dev/null || rm -rf $ros
