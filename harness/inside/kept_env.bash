#!/bin/bash
# Run as the service user: loads the robot's environment as a launch named NAME does, with a snapshot of it if there is
# one that is true. Prints "used" or why not; whether another one is worth making; how many microseconds the snapshot
# took, and that and the sourcing; then the environment. Each with a NUL byte behind.
#
# Usage: kept_env.bash NAME LIB
set -uo pipefail
ROVI_LIB=$2 kept=$1
source "$ROVI_LIB/lib/use.sh"
use lib/contract lib/snapshot

instead() {
    began=${EPOCHREALTIME/./}
    snapshot_use "$kept" "$1"
    set -- $?
    printf '%s\0' "${SNAPSHOT_WHY:-used}" "${SNAPSHOT_OLD:-no}" "$((${EPOCHREALTIME/./} - began))"
    return "$1"
}

set +u
ROVI_ENV_INSTEAD=instead
source "$ROVI_LIB/rovi_env.sh" || exit
printf '%s\0' "$((${EPOCHREALTIME/./} - began))"
exec env -0
