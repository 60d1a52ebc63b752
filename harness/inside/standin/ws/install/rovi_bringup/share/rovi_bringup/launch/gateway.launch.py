"""Stand-in launch file: which arguments it takes and which nodes it starts, read by ../ros2."""

ARGUMENTS = {
    "robot_mode": {"choices": ["real", "sim"]},
    "hardware_enabled": {"choices": ["true", "false"], "default": "true"},
}


def nodes(arguments):
    drivers = ["robot_driver"] if arguments["hardware_enabled"] == "true" else []
    return [*drivers, "robot_state_publisher", "ros_ui_bridge"]
