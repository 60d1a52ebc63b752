#!/usr/bin/env bats
# Nothing runs as another user but by rovi_as: whoever becomes one otherwise lends it the caller's terminal.

load helper

# Ways to become another user, in code and in what people are told to type.
OTHER_WAYS='(^|[^A-Za-z0-9_./-])'
OTHER_WAYS+='(runuser|su|setpriv|pkexec|newgrp|sg|start-stop-daemon|chroot|chpst|setuidgid|gosu)[[:blank:]]'
OTHER_WAYS+='|machinectl[[:blank:]]+(shell|login)|systemd-run.*--uid'
OTHER_WAYS+='|sudo([[:blank:]]+-[A-Za-z]+)*[[:blank:]]+(-[A-Za-z]*[ui]([[:blank:]]|$)|--user|--login)'
OTHER_WAYS+='|--reuid|--userspec'

# The only ones: rovi_as itself, and a remedy of doctor's, which systemd runs without a terminal.
ALLOWED='setsid --wait timeout --signal=KILL "\$seconds" runuser -u "\$user" -- "\$@"'
ALLOWED+='|"sudo systemd-run --uid=\$user find '

# other_ways FILE...: prints the lines of code, not of comments, that have another one.
other_ways() {
    grep -HnE "$OTHER_WAYS" "$@" | grep -vE '^[^:]+:[0-9]+:[[:blank:]]*#' | grep -vE "$ALLOWED"
}

@test "the search finds each way" {
    for line in 'runuser -u rovi -- true' '$(su rovi -c true)' 'sudo -u rovi true' 'sudo -n -u rovi true' \
        'sudo --user=rovi x' 'setpriv --reuid=rovi true' 'machinectl shell rovi@' \
        'systemd-run --pipe --uid=rovi true' 'exec chroot --userspec=rovi / x'; do
        printf '%s\n' "$line" >"$BATS_TEST_TMPDIR/line"
        other_ways "$BATS_TEST_TMPDIR/line" || {
            echo "not found: $line"
            return 1
        }
    done
    printf '# runuser -u rovi\nsudo usermod -aG rovi-ops alice\nsudo -n -l -U rovi\n' >"$BATS_TEST_TMPDIR/line"
    ! other_ways "$BATS_TEST_TMPDIR/line" || return
}

@test "no program runs as another user with its caller's terminal" {
    stage PREFIX=/usr # with what only the package has
    mapfile -t files < <(find "$STAGE" "$TOP/packaging" -type f ! -name copyright ! -path '*/man/*')
    files+=("$TOP"/services/*.sh "$TOP"/services/*/*.sh "$TOP/Makefile" "$TOP/rovi_env.sh")
    ((${#files[@]} > 60))
    run other_ways "${files[@]}"
    echo "$output"
    [[ -z $output ]]
    grep -q 'setsid --wait timeout .* runuser' "$STAGE/usr/lib/rovi/lib/run.sh"
}
