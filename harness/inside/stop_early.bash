#!/bin/bash
# stop_early.bash SECONDS...: starts mapping and stops it after each of the delays; prints a line of JSON for each.
uptime() { read -r now _ </proc/uptime; }
for delay in "$@"; do
    rm -f /home/rovi/standin/mapping.events
    systemctl start --no-block rovi-mapping
    sleep "$delay"
    was=$(systemctl show -P ActiveState rovi-mapping)
    uptime
    began=$now
    systemctl stop rovi-mapping
    uptime
    printf '{"delay": %s, "was": "%s", "began": %s, "ended": %s, "state": "%s", "events": "%s"}\n' \
        "$delay" "$was" "$began" "$now" \
        "$(systemctl show -P ActiveState rovi-mapping)" "$(tr '\n' ';' </home/rovi/standin/mapping.events 2>/dev/null)"
    systemctl reset-failed rovi-mapping 2>/dev/null
done
