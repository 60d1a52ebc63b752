#!/bin/bash
# Prints each process: pid, user, systemd's control group, and arguments, with \1 between them; tabs between the fields.
for p in /proc/[0-9]*; do
    {
        args=$(tr '\0\n' '\1 ' <"$p/cmdline")
        user=$(stat -c %U "$p")
        group=$(grep -m1 -E '^(0:|1:name=systemd|[0-9]+:name=systemd)' "$p/cgroup")
    } 2>/dev/null || continue
    printf '%s\t%s\t%s\t%s\n' "${p#/proc/}" "$user" "$group" "$args"
done
