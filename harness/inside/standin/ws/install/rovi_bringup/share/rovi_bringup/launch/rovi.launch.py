"""Stand-in launch file: which arguments it takes and which nodes it starts, read by ../ros2."""

ARGUMENTS = {
    "robot_mode": {"choices": ["real", "sim"]},
    "gateway_enabled": {"choices": ["true", "false"], "default": "true"},
    "stack": {},
    "rviz": {"choices": ["true", "false"], "default": "true"},
    "map": {"default": "lab0"},
    "slam": {"choices": ["True", "False"], "default": "False"},
}


def nodes(arguments):
    if arguments["stack"] == "nav":  # its unit expects this one, see ROVI_PROCESSES there
        return ["nav_driver", "nav_planner", "controller_server"]
    return [f"{arguments['stack']}_{part}" for part in ("driver", "planner", "controller")]
