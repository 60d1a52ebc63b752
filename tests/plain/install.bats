#!/usr/bin/env bats
# install.sh and uninstall.sh with DESTDIR: complete, and nothing outside it.

load helper

tree() { (cd "$STAGE" && find . -type f -printf '%P %m\n' | sort); }

# checkout: copies this checkout to CHECKOUT.
checkout() {
    CHECKOUT=$BATS_TEST_TMPDIR/checkout
    mkdir "$CHECKOUT"
    (cd "$TOP" && git ls-files --cached --others --exclude-standard -z | xargs -0 cp --parents -t "$CHECKOUT")
}

# folders: what is copied as it lies in the checkout.
folders() {
    (cd "$TOP/services" && printf 'usr/local/lib/rovi/%s 644\n' {lib,executor}/*)
    (cd "$TOP/bin" && printf 'usr/local/lib/rovi/%s 644\n' {rovictl.d,completion}/*)
}

@test "a staged install has every file, with its mode" {
    stage
    tree | tee /dev/stderr | diff - <(
        {
            folders
            cat
        } <<'END' | sort
etc/fish/completions/rovictl.fish 644
etc/polkit-1/rules.d/50-rovi-stacks.rules 644
etc/systemd/system-preset/50-rovi.preset 644
etc/systemd/system/rovi-.service.d/10-launch.conf 644
etc/systemd/system/rovi-.service.d/20-hardening.conf 644
etc/systemd/system/rovi-.service.d/50-site.conf 644
etc/systemd/system/rovi-ask@.service 644
etc/systemd/system/rovi-ask@.service.d/60-answers.conf 644
etc/systemd/system/rovi-camera.service 644
etc/systemd/system/rovi_executor.socket 644
etc/systemd/system/rovi_executor@.service 644
etc/systemd/system/rovi-gateway.service 644
etc/systemd/system/rovi-hardware.service 644
etc/systemd/system/rovi-guard@.service 644
etc/systemd/system/rovi-guard@.service.d/60-answers.conf 644
etc/systemd/system/rovi-health@.service 644
etc/systemd/system/rovi-health@.timer 644
etc/systemd/system/rovi-localization.service 644
etc/systemd/system/rovi-mapping.service 644
etc/systemd/system/rovi-nav.service 644
etc/systemd/system/rovi-stacks.target 644
etc/systemd/system/rovi-teleop.service 644
etc/systemd/system/rovi_end.service 644
etc/systemd/system/rovi_end@.service 644
etc/systemd/system/rovi_kill@.service 644
etc/systemd/system/run-rovi_requests.mount 644
usr/local/bin/rovictl 755
usr/local/lib/rovi/check_health.sh 755
usr/local/lib/rovi/end_stop.sh 755
usr/local/lib/rovi/executor.sh 755
usr/local/lib/rovi/keep_env.sh 755
usr/local/lib/rovi/kill_stack.sh 755
usr/local/lib/rovi/install/files.sh 644
usr/local/lib/rovi/install/permit.sh 644
usr/local/lib/rovi/manifest 644
usr/local/lib/rovi/root.conf 644
usr/local/lib/rovi/rovi-stacks.rules 644
usr/local/lib/rovi/rovi_env.sh 644
usr/local/lib/rovi/run_gateway.sh 755
usr/local/lib/rovi/run_hardware.sh 755
usr/local/lib/rovi/run_stack.sh 755
usr/local/lib/rovi/stack_file.sh 755
usr/local/lib/rovi/uninstall.sh 755
usr/local/lib/systemd/catalog/rovi.catalog 644
usr/local/share/bash-completion/completions/rovictl 644
usr/local/share/man/man1/rovictl.1 644
usr/local/share/man/man7/rovi-executor.7 644
usr/local/share/man/man7/rovi-stack.7 644
usr/local/share/zsh/site-functions/_rovictl 644
END
    )
}

# stacks: prints the stacks that are staged, and those that the rule names.
stacks() {
    (cd "$STAGE/etc/systemd/system" && grep -l run_stack.sh rovi-*[!@].service | xargs)
    sed -n 's/^ *var stacks = \[\(.*\)\];/\1/p' "$STAGE/etc/polkit-1/rules.d/50-rovi-stacks.rules"
}

@test "STACKS= chooses which stacks are installed, and the choice is kept" {
    stage STACKS='nav  camera'
    chosen=$'rovi-camera.service rovi-nav.service\n"rovi-camera.service", "rovi-nav.service"'
    [[ $(stacks) == "$chosen" ]]
    stage
    [[ $(stacks) == "$chosen" ]]
    stage STACKS=
    [[ $(stacks | xargs) == '' ]]
    stage
    [[ $(stacks | xargs) == '' ]]
    stage STACKS='camera localization mapping nav teleop'
    [[ $(stacks) == "rovi-camera.service rovi-localization.service rovi-mapping.service rovi-nav.service rovi-tele"* ]]
    make -s -C "$TOP" uninstall DESTDIR="$STAGE"
    [[ -z $(tree) ]]
}

@test "STACKS= with a name that is no stack installs nothing" {
    for name in nosuch gateway '*' '../nav' 'stacks' '-x'; do
        STACKS="nav $name" DESTDIR=$BATS_TEST_TMPDIR/stage fails 78 "STACKS= names " "$TOP/services/install.sh"
        [[ $output == *"and there is no such stack: choose from camera localization mapping nav teleop" ]]
        [[ ! -e $BATS_TEST_TMPDIR/stage ]]
    done
}

@test "it touches nothing outside DESTDIR" {
    # Every command that could is a trap here.
    mkdir "$BATS_TEST_TMPDIR/traps"
    for command in systemctl groupadd usermod useradd runuser; do
        printf '#!/bin/sh\necho "%s $*" >>%s\n' "$command" "$BATS_TEST_TMPDIR/sprung" \
            >"$BATS_TEST_TMPDIR/traps/$command"
    done
    chmod +x "$BATS_TEST_TMPDIR"/traps/*
    touch "$BATS_TEST_TMPDIR/before"
    PATH=$BATS_TEST_TMPDIR/traps:$PATH stage
    [[ ! -e $BATS_TEST_TMPDIR/sprung ]]
    run find /etc/systemd /etc/polkit-1 /usr/local/bin /usr/local/lib -newer "$BATS_TEST_TMPDIR/before" -name '*rovi*'
    [[ -z $output ]]
}

@test "a second install mends a text and a mode, and says only that" {
    local lib=usr/local/lib/rovi before
    stage
    before=$(tree && cd "$STAGE" && sha256sum "$lib"/*.sh)
    chmod 600 "$STAGE/$lib/lib/run.sh" "$STAGE/$lib/run_stack.sh"
    printf '\n\n' >>"$STAGE/$lib/uninstall.sh" # as good: a last newline more or less is no other text
    printf odd >"$STAGE/$lib/rovi_env.sh"
    ln -s "$BATS_TEST_TMPDIR/elsewhere" "$STAGE/$lib/rovi_env.sh.rovi-new"
    printf '\0junk' >>"$STAGE/$lib/keep_env.sh"
    stage
    [[ ! -e $BATS_TEST_TMPDIR/elsewhere && ! -L $STAGE/$lib/rovi_env.sh ]]
    sed -n 's/^  //p' "$BATS_TEST_TMPDIR/stage.log" | sort |
        diff - <(printf "$STAGE/$lib/%s\n" keep_env.sh lib/run.sh rovi_env.sh run_stack.sh)
    printf '%s\n' "$(<"$STAGE/$lib/uninstall.sh")" >"$STAGE/$lib/uninstall.sh"
    [[ $(tree && cd "$STAGE" && sha256sum "$lib"/*.sh) == "$before" ]]
}

@test "what is no text is not installed" {
    local file said="the text for /usr/local/lib/rovi/lib/session.sh cannot be read, or is no text"
    checkout
    file=$CHECKOUT/services/lib/session.sh
    printf 'text\0junk' >"$file"
    run make -s -C "$CHECKOUT" install DESTDIR="$BATS_TEST_TMPDIR/stage"
    [[ $status != 0 && $output == *"$said"* ]]
    rm "$file" && mkdir "$file"
    run make -s -C "$CHECKOUT" install DESTDIR="$BATS_TEST_TMPDIR/stage"
    [[ $status != 0 && $output == *"$said"* ]]
}

@test "install, then uninstall, leaves no file" {
    stage
    make -s -C "$TOP" uninstall DESTDIR="$STAGE"
    [[ -z $(tree) ]]
}

@test "a second uninstall has nothing to do; one under another PREFIX is refused" {
    export DESTDIR=$BATS_TEST_TMPDIR/stage
    fails 0 "nothing is installed below $DESTDIR" "$TOP/services/uninstall.sh"
    PREFIX=/opt/rovi stage
    before=$(tree)
    said="ROVI services are installed under $STAGE/opt/rovi: leave PREFIX= out"
    PREFIX=/usr/local fails 78 "$said" "$TOP/services/uninstall.sh"
    PREFIX=/usr fails 78 "$said" "$TOP/services/uninstall.sh"
    rm "$STAGE/opt/rovi/lib/rovi/manifest"
    fails 4 "$STAGE/opt/rovi/lib/rovi/manifest, which says what is installed, is missing" "$TOP/services/uninstall.sh"
    make -s -C "$TOP" install DESTDIR="$STAGE"
    [[ $(tree) == "$before" ]]
    make -s -C "$TOP" uninstall DESTDIR="$STAGE"
    [[ -z $(tree) ]]
    for prefix in '' /usr/local /opt/rovi /usr; do
        PREFIX=$prefix fails 0 "nothing is installed below $DESTDIR" "$TOP/services/uninstall.sh"
    done
    PREFIX=/usr stage
    fails 78 "the package rovi-services is installed: remove it instead" "$TOP/services/uninstall.sh"
}

@test "PREFIX moves the programs, and the units follow" {
    stage PREFIX=/opt/rovi
    [[ -x $STAGE/opt/rovi/bin/rovictl && ! -e $STAGE/usr ]]
    grep -qx 'ExecStart=/opt/rovi/lib/rovi/run_stack.sh nav' "$STAGE/etc/systemd/system/rovi-nav.service"
    grep -qx 'ExecStopPost=/opt/rovi/lib/rovi/run_stack.sh --stopped nav' "$STAGE/etc/systemd/system/rovi-nav.service"
    ! grep -r /usr/local "$STAGE/etc"
}

@test "PREFIX=/usr is the layout of the package: nothing below /etc, no rule, no manifest" {
    stage PREFIX=/usr
    [[ -x $STAGE/usr/bin/rovictl && -x $STAGE/usr/lib/rovi/setup.sh && ! -e $STAGE/etc && ! -e $STAGE/var ]]
    units=$STAGE/usr/lib/systemd/system
    grep -qx 'ExecStart=/usr/lib/rovi/run_stack.sh nav' "$units/rovi-nav.service"
    grep -qx User=rovi "$units/rovi-.service.d/50-site.conf" # never root, whatever setup.sh comes to
    run grep -r /usr/local "$units"
    [[ -z $output ]]
    run find "$STAGE" '(' -path '*polkit-1*' -o -name manifest ')'
    [[ -z $output ]]
    ROVI_USER=rovi PREFIX=/usr DESTDIR='' fails 78 "PREFIX=/usr is for the package" "$TOP/services/install.sh"
}

@test "the site drop-in carries the user and the workspace, and they are remembered" {
    stage ROVI_USER=pi ROVI_ROS_WS_DIR='/home/pi/my ws'
    site=$STAGE/etc/systemd/system/rovi-.service.d/50-site.conf
    for line in User=pi 'WorkingDirectory=-/home/pi/my ws' 'Environment="ROVI_ROS_WS_DIR=/home/pi/my ws"'; do
        grep -qxF "$line" "$site"
    done
    before=$(<"$site")
    make -s -C "$TOP" install DESTDIR="$STAGE"
    [[ $(<"$site") == "$before" ]]
}

@test "the rule lists the stacks by exact name and has no placeholder left" {
    stage
    rule=$STAGE/etc/polkit-1/rules.d/50-rovi-stacks.rules
    listed=$(printf '"rovi-%s.service", ' camera localization mapping nav teleop)
    grep -qF "[${listed%, }]" "$rule"
    grep -qF '"-f", "/etc/systemd/system/" + file, "-o", "-f", "/usr/lib/systemd/system/" + file' "$rule"
    ! grep -q '@[A-Z_]*@' "$rule"
}

@test "make install works in a checkout with a folder install/" {
    checkout
    mkdir "$CHECKOUT/install"
    make -s -C "$CHECKOUT" install DESTDIR="$BATS_TEST_TMPDIR/stage"
    [[ -x $BATS_TEST_TMPDIR/stage/usr/local/bin/rovictl ]]
}

@test "the page is installed where Cockpit is, and goes with it or by uninstall" {
    STAGE=$BATS_TEST_TMPDIR/stage
    mkdir -p "$STAGE/usr/share/cockpit/base1"
    stage
    diff <(cd "$TOP/cockpit" && find . -type f -printf '%P %m\n' | sort) \
        <(cd "$STAGE/usr/local/share/cockpit/rovi" && find . -type f -printf '%P %m\n' | sort)
    make -s -C "$TOP" uninstall DESTDIR="$STAGE"
    [[ -z $(tree) && -d $STAGE/usr/share/cockpit/base1 && ! -e $STAGE/usr/local/share/cockpit ]]
}

@test "make deb makes a package of its own of the page, which depends on Cockpit" {
    command -v dpkg-deb >/dev/null || skip "there is no dpkg-deb"
    "$TOP/packaging/deb.sh" "$BATS_TEST_TMPDIR/dist" >/dev/null
    page=$(echo "$BATS_TEST_TMPDIR"/dist/rovi-services-cockpit_*_all.deb)
    dpkg-deb -x "$page" "$BATS_TEST_TMPDIR/page"
    diff -r "$TOP/cockpit" "$BATS_TEST_TMPDIR/page/usr/share/cockpit/rovi"
    [[ $(dpkg-deb -f "$page" Depends) == "rovi-services (>= $(dpkg-deb -f "$page" Version)), cockpit-ws, "* ]]
    rest=$(echo "$BATS_TEST_TMPDIR"/dist/rovi-services_*_all.deb)
    run dpkg-deb -c "$rest"
    [[ $output != *cockpit* ]]
}

@test "a stack in a folder where the rule for operators does not look is refused" {
    elsewhere=$BATS_TEST_TMPDIR/stage/usr/local/lib/systemd/system
    mkdir -p "$elsewhere"
    sed 's/\bnav\b/docking/g' "$TOP/services/rovi-nav.service" >"$elsewhere/rovi-docking.service"
    run stage
    [[ $status != 0 ]]
    [[ $output == *"$elsewhere/rovi-docking.service is a stack that operators could not start there: move it"* ]]
    mkdir -p "$BATS_TEST_TMPDIR/stage/etc/systemd/system"
    mv "$elsewhere/rovi-docking.service" "$BATS_TEST_TMPDIR/stage/etc/systemd/system"
    stage
    grep -q docking "$STAGE/etc/polkit-1/rules.d/50-rovi-stacks.rules"
}
