# The ROS environment of this robot: one KEY=value a line, nothing is expanded.

ROVI_ENV=robot
ROS_DOMAIN_ID=0
