# shellcheck shell=bash
# told.sh: the commands that people are told to run if the package is installed; lib/told.sh says what they are for.

# shellcheck disable=SC2034  # for those that print them
readonly ROVI_TOLD_SETUP='sudo rovi-services-setup' \
    ROVI_TOLD_FILES="sudo apt install --reinstall ./rovi-services_${VERSION}_all.deb" \
    ROVI_TOLD_USER='set ROVI_USER= in /etc/default/rovi-services, then sudo rovi-services-setup' \
    ROVI_TOLD_HERE="run 'sudo apt install --reinstall ./rovi-services_${VERSION}_all.deb'" \
    ROVI_TOLD_THERE="install the package rovi-services there"
