"""Prints all processes that are no kernel threads, as JSON: a list of [pid, user, control group of systemd,
arguments]."""

import json
import os
import pwd
import re

GROUP = re.compile(r"^(?:0:|\d+:name=systemd):(.*)$", re.MULTILINE)


def user_name(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "UNKNOWN"


def read(pid, name):
    with open(f"/proc/{pid}/{name}", errors="replace") as file:
        return file.read()


found = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        user, group, args = (
            user_name(os.stat(f"/proc/{pid}").st_uid),
            GROUP.search(read(pid, "cgroup")),
            read(pid, "cmdline"),  # last: one that has ended is in no control group, and has no arguments
        )
    except OSError:  # it has ended meanwhile
        continue
    if args:
        found.append([int(pid), user, group[1] if group else "", args.rstrip("\0").split("\0")])
print(json.dumps(found))
