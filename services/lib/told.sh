# shellcheck shell=bash
# told.sh: the commands that people are told to run, if they depend on how this was installed. The package has another
# file in this place, packaging/told.sh.

readonly ROVI_TOLD_SETUP='sudo make install' \
    ROVI_TOLD_FILES='sudo make install' \
    ROVI_TOLD_USER='sudo make install ROVI_USER=…' \
    ROVI_TOLD_HERE="run 'sudo make install' in the checkout" \
    ROVI_TOLD_THERE="run 'sudo make install' there"
# Of what: puts users, groups and rules in order; puts the files back in place; changes the service user; installs what
# is not installed here; or on another machine.
