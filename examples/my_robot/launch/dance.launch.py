"""A stack: turns on the spot."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue


def generate_launch_description():
    # Always a float, as the node declares it: see patrol.launch.py.
    turn = ParameterValue(LaunchConfiguration("turn"), value_type=float)
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "turn", default_value="0.5", choices=["0.5", "-0.5"], description="left or right, in rad/s"
            ),
            Node(package="my_robot", executable="drive", parameters=[{"speed": 0.0, "turn": turn}]),
        ]
    )
