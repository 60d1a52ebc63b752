# Stand-in for /opt/ros/DISTRO/setup.bash. Like the real one it reads variables that may be
# unset, so it fails under `set -u`.
export ROS_DISTRO=jazzy ROS_VERSION=2 ROS_PYTHON_VERSION=3
export AMENT_PREFIX_PATH=/opt/ros/jazzy${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}
_standin_trace=$AMENT_TRACE_SETUP_FILES
unset _standin_trace
case :$PATH: in
*:/opt/ros/jazzy/bin:*) ;;
*) export PATH=/opt/ros/jazzy/bin:$PATH ;;
esac
# The real ones run python3 here for each package; a test can make this one as slow.
if [ -e /opt/ros/jazzy/slow_setup ]; then
    for _standin_n in $(seq "$(cat /opt/ros/jazzy/slow_setup)"); do sleep 0.1; done
    unset _standin_n
fi
