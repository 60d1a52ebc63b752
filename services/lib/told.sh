# shellcheck shell=bash
# told.sh: the commands that people are told to run and that depend on how this was installed. The package puts
# packaging/told.sh in the place of this file.

readonly ROVI_TOLD_SETUP='sudo make install' \
    ROVI_TOLD_FILES='sudo make install' \
    ROVI_TOLD_USER='sudo make install ROVI_USER=…' \
    ROVI_TOLD_HERE="run 'sudo make install' in the checkout" \
    ROVI_TOLD_THERE="run 'sudo make install' there"
# In this order, what they are for: to put users, groups and rules in order; to put the files back in place; to change
# the service user; to install what is not installed, here and on another machine.
