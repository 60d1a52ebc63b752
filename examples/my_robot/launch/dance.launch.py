"""A stack: turns on the spot."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node


def generate_launch_description():
    turn = LaunchConfiguration("turn")
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "turn", default_value="0.5", choices=["0.5", "-0.5"], description="left or right, in rad/s"
            ),
            Node(package="my_robot", executable="drive", parameters=[{"speed": 0.0, "turn": turn}]),
        ]
    )
