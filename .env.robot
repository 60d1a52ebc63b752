# The robot's environment. Its values are here and nowhere else: rovi_env.sh reads this file for the units
# and for shells. It has only values, one KEY=value a line; the grammar is in rovi_env.sh. It is in the root
# of the colcon workspace and has no secrets.
# After a change: sudo rovictl gateway restart

ROVI_ENV=robot

# The DDS graph of this robot. A PC's .env.pc names another one, so a simulation there cannot drive
# this robot.
ROS_DOMAIN_ID=0
# Discovery beyond this host, up to Humble (first line) and from Iron on (second line).
ROS_LOCALHOST_ONLY=0
ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET
RMW_IMPLEMENTATION=rmw_cyclonedds_cpp

# Who publishes odom -> base_footprint. 0: an EKF in the stack (mapping, localization, nav).
# 1: the gateway's odometry integrator (teleop). The gateway reads this when it starts.
ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0

# How many seconds the gateway waits for a network at boot before it starts without one.
ROVI_NETWORK_WAIT_SEC=10
