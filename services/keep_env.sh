#!/bin/bash
# keep_env.sh NAME: keeps the environment that ROS and the workspace make of this one, for later starts of
# rovi-NAME.service (lib/snapshot.sh).
#
# Run by a start that has had to source them, in the background, as the service user, with the environment that systemd
# has given the unit. It says nothing and stops nothing: without a snapshot, the next start sources again.
set -uo pipefail

ROVI_LIB=${BASH_SOURCE[0]%/*}
# shellcheck source=services/lib/use.sh
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/snapshot_make

if (($# != 1)) || ! rovi_valid_name "$1" || ((EUID == 0)); then
    printf 'usage: keep_env.sh NAME, as the service user, where rovi-NAME.service is a launch\n' >&2
    exit "$ROVI_EX_USAGE"
fi
loader=$ROVI_LIB/rovi_env.sh
[[ -e $loader ]] || loader=$ROVI_LIB/../rovi_env.sh
snapshot_make "$1" "$loader"
