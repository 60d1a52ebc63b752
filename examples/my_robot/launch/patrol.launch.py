"""A stack: drives straight on."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue


def generate_launch_description():
    # Always a float: otherwise speed:=1 would be an integer, with which a node that declares a float does not start.
    speed = ParameterValue(LaunchConfiguration("speed"), value_type=float)
    return LaunchDescription(
        [
            DeclareLaunchArgument("speed", default_value="0.2", description="how fast to drive, in m/s"),
            Node(package="my_robot", executable="drive", parameters=[{"speed": speed, "turn": 0.0}]),
        ]
    )
