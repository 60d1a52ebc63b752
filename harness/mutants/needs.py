"""The mutants of what a stack needs: devices and other units."""

from harness.mutants.mutant import Mutant

MUTANTS = [
    Mutant("devices are not waited for", "\nwait_for_devices\nlaunch_command", "\nlaunch_command", "devices_are_there"),
    Mutant(
        "a device that may not be opened will do",
        "until [[ -r $device && -w $device ]]",
        "until [[ -e $device ]]",
        "devices_are_there",
    ),
    Mutant("a device is any word", "[[ $word == /* ]] || return", "true", "whole_path"),
    Mutant(
        "what is queued does not say for what",
        'waits_for "$1"',
        "ROVI_REPLY=",
        "comes_and_goes",
        file="rovictl.d/table.sh",
    ),
    Mutant("rovictl does not name the unit that is needed", 'failed_need "$name"', "ROVI_REPLY=", "needed_unit"),
]
