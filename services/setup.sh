#!/bin/bash
# setup.sh: rovi-services-setup, for the package. It does what install.sh does after it has put the files in
# place: it sets up the group, the site drop-in and what permits operators to start and stop stacks, and the
# first time it starts the gateway. The package runs it at each installation and upgrade. Run it after a change
# of the file below. It is idempotent, and checks everything before the first change.
#
# Files: /etc/default/rovi-services: ROVI_USER, ROVI_ROS_WS_DIR and STACKS as for install.sh.
# Exit codes: see lib/contract.sh.
set -euo pipefail

DESTDIR='' PREFIX=/usr
ROVI_LIB=$PREFIX/lib/rovi
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use install/files install/choose install/system
RULE_SOURCE=$ROVI_LIB/rovi-stacks.rules
DEFAULTS=/etc/default/rovi-services
umask 022

# default_value NAME: prints NAME's value in DEFAULTS, with or without quotes around it.
default_value() {
    [[ ! -r $DEFAULTS ]] || sed -nE "s|^$1=([\"']?)(.*)\1\$|\2|p" "$DEFAULTS" | tail -n 1
}

ROVI_USER=$(default_value ROVI_USER)
ROVI_ROS_WS_DIR=$(default_value ROVI_ROS_WS_DIR)
unset STACKS
! grep -qs '^STACKS=' "$DEFAULTS" || STACKS=$(default_value STACKS)
take_settings /home/rovi/rovi_ros_ws
check_names
choose_stacks "$UNITS"
check_system "$ROVI_LIB/rovi_env.sh"
check_running "$UNITS"
check_unit_dirs

printf 'setting up ROVI services for user %s, workspace %s\n' "$ROVI_USER" "$ROVI_ROS_WS_DIR"
make_group
fit_system
