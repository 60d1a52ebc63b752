# Stand-in for a workspace's install/setup.bash as colcon makes it.
_standin_prefix=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export AMENT_PREFIX_PATH=$_standin_prefix/rovi_bringup:$AMENT_PREFIX_PATH
export COLCON_PREFIX_PATH=$_standin_prefix${COLCON_PREFIX_PATH:+:$COLCON_PREFIX_PATH}
unset _standin_prefix
