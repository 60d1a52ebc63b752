export DESTDIR PREFIX ROVI_USER ROVI_ROS_WS_DIR

.PHONY: help install uninstall
help:
	@echo
install:
	@services/install.sh
uninstall:
	@services/uninstall.sh
