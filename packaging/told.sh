# shellcheck shell=bash
# told.sh: the commands that people are told to run, for an installation by the package; lib/told.sh says of what.

# shellcheck disable=SC2034  # for those that print them
readonly ROVI_TOLD_SETUP='sudo rovi-services-setup' \
    ROVI_TOLD_FILES="sudo apt install --reinstall ./rovi-services_${VERSION}_all.deb" \
    ROVI_TOLD_USER='ROVI_USER= in /etc/default/rovi-services, then sudo rovi-services-setup' \
    ROVI_TOLD_HERE="run 'sudo apt install --reinstall ./rovi-services_${VERSION}_all.deb'" \
    ROVI_TOLD_THERE="install the package rovi-services there"
