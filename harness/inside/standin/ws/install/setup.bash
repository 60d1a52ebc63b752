# Stand-in for a workspace's install/setup.bash as colcon makes it.
_standin_prefix=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for _standin_share in "$_standin_prefix"/*/share; do
    export AMENT_PREFIX_PATH=${_standin_share%/share}:$AMENT_PREFIX_PATH
done
export COLCON_PREFIX_PATH=$_standin_prefix${COLCON_PREFIX_PATH:+:$COLCON_PREFIX_PATH}
unset _standin_prefix _standin_share
