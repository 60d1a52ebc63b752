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
    log=$(find /home/rovi/.ros/log -name launch.log | sort | tail -n 1)
    printf '{"delay": %s, "was": "%s", "began": %s, "ended": %s, "lost": "%s", "state": "%s", "events": "%s"}\n' \
        "$delay" "$was" "$began" "$now" "$(grep -o '\[[^]]*\] Failed checking if argv' "$log" | tr '\n' ';')" \
        "$(systemctl show -P ActiveState rovi-mapping)" "$(tr '\n' ';' </home/rovi/standin/mapping.events 2>/dev/null)"
    systemctl reset-failed rovi-mapping 2>/dev/null || true # systemd may have unloaded it
done
