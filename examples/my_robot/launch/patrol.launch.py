"""A stack: drives straight on."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node


def generate_launch_description():
    speed = LaunchConfiguration("speed")
    return LaunchDescription(
        [
            DeclareLaunchArgument("speed", default_value="0.2", description="how fast to drive, in m/s"),
            Node(package="my_robot", executable="drive", parameters=[{"speed": speed, "turn": 0.0}]),
        ]
    )
