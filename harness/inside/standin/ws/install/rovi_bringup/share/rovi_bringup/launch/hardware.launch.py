"""Stand-in launch file: which arguments it takes and which nodes it starts, read by ../ros2."""

ARGUMENTS = {"robot_mode": {"choices": ["real", "sim"]}}


def nodes(arguments):
    return ["robot_driver", "lidar_driver"]
