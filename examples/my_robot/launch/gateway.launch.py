"""What always runs: the base, which moves the robot as /cmd_vel says."""

from launch import LaunchDescription
from launch_ros.actions import Node


def generate_launch_description():
    return LaunchDescription([Node(package="my_robot", executable="base")])
