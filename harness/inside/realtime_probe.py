"""Runs as the ready check of a stack, so with the limits of its unit. Notes in /tmp/probe.json whether real-time
priorities and locked memory are allowed."""

import ctypes
import json
import os


def works(call, *arguments):
    try:
        return call(*arguments) is None
    except OSError as error:
        return str(error)


def priority(number):
    return works(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(number))


locked = ctypes.CDLL(None, use_errno=True).mlockall(3) == 0
json.dump(
    {"80": priority(80), "81": priority(81), "locked": locked, "ran as": os.sched_getscheduler(0)},
    open("/tmp/probe.json", "w"),
)
