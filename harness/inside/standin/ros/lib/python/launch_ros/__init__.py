"""Stand-in for the Python package launch_ros."""
