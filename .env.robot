# The robot's environment, the one place for its values: the units read it by rovi_env.sh
# and so does a shell. Values only, one KEY=value a line; the grammar is in
# rovi_env.sh. It lives in the root of the colcon workspace and contains no secrets.
# After a change: systemctl restart rovi-gateway.

ROVI_ENV=robot

# Which DDS graph this robot is on. The PC's .env.pc has another one, so that a simulation
# there cannot drive this robot.
ROS_DOMAIN_ID=0
# Discovery beyond this host, up to Humble (first line) and from Iron on (second line).
ROS_LOCALHOST_ONLY=0
ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET
RMW_IMPLEMENTATION=rmw_cyclonedds_cpp

# Who publishes odom -> base_footprint. 0: an EKF in the stack does (mapping, localization,
# nav). 1: the gateway's odometry integrator does (teleop). Read when the gateway starts.
ROVI_ODOM_INTEGRATOR_PUBLISH_TF=0

# How many seconds the gateway waits for a network at boot before it starts without.
ROVI_NETWORK_WAIT_SEC=10
