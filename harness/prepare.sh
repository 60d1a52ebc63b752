#!/bin/bash
# prepare.sh check|container|roots|vm|page|kiosk: makes ready what `make check`, the container tests or the others need,
# unless it is there already. Says what it does while it does it. If it cannot do something, says in one sentence what
# to do.
#
#   check      Python environment (.venv), dbus-daemon, bats (harness/node_modules), scdoc,
#              systemd-analyze
#   container  Python environment, lintian, a Docker engine, the base image, the test image
#   roots      archives of other root file systems, for the stacks of test_root.py: the test images of ROOT_BASES
#   page       what container makes, the test image with Cockpit, axe-core (harness/node_modules), Chromium
#   kiosk      the test image with Cockpit, and with what shows its page on a screen
#   vm         what container makes, qemu, a disk made of the test image with a kernel
#
# Environment: BASE, the image that Dockerfile.systemd starts from [debian:bookworm-slim].
# Writes the name of the test image to .cache/image, those of the others to .cache/image-NAME, the disk's folder to
# .cache/vm, and the archives to .cache/root-SUITE.tar. Exit codes: 0, or 1.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

BASE=${BASE:-debian:bookworm-slim}
ROOT_BASES='debian:bookworm-slim debian:trixie-slim'
CACHE=.cache
CHECK_DATE=true # of apt's package lists; see mirror_is_old
mkdir -p "$CACHE"

die() {
    printf 'prepare: %s\n' "$1" >&2
    exit 1
}

# step TEXT COMMAND...: runs a command that takes long: says so, hides its output unless it fails. If it fails
# because apt takes no package lists of that age, it runs once more with CHECK_DATE=false, and so does what follows.
step() {
    local text=$1 start=$SECONDS
    shift
    printf 'prepare: %s ... ' "$text"
    if logged "$@" || { mirror_is_old && logged "$@"; }; then
        printf 'done (%s s)\n' $((SECONDS - start))
    else
        printf 'failed\n'
        tail -n 30 "$CACHE/step.log" >&2
        return 1
    fi
}

logged() {
    "$@" >"$CACHE/step.log" 2>&1 </dev/null
}

# mirror_is_old: whether the step has failed because the mirror has not been updated for longer than its Release file
# allows (Valid-Until), as a mirror of Debian testing may be. Says so, and sets CHECK_DATE to false.
mirror_is_old() {
    [[ $CHECK_DATE == true ]] || return
    grep -q "Release file for .* is expired" "$CACHE/step.log" || return
    CHECK_DATE=false
    printf "the mirror is older than its Release file allows: trying again without that check ... "
}

# apt_install WHY PACKAGE...: installs Debian packages, or says which ones to install.
apt_install() {
    local why=$1
    shift
    [[ $EUID == 0 && -e /etc/debian_version ]] || die "$why: install it (Debian's packages: $*)"
    [[ -e $CACHE/apt-updated ]] || step "reading the package lists" apt_update ||
        die "the package lists cannot be read: fix apt-get update"
    touch "$CACHE/apt-updated"
    step "installing $*" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" ||
        die "$why: apt-get could not install $*"
}

apt_update() {
    apt-get -o "Acquire::Check-Valid-Until=$CHECK_DATE" update
}

# find_python: sets python to one that is new enough and has D-Bus; only distributions build that.
find_python() {
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import sys, dbus, gi, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && return
    done
    return 1
}

python_environment() {
    local lock=harness/requirements.txt needs="the tests need Python 3.10 or later with venv, dbus and gi" python
    cmp -s "$lock" .venv/requirements.txt && return
    [[ ! -L .venv ]] || die ".venv is a link, and what it leads to is of another version: remove the link"
    find_python || apt_install "$needs" python3 python3-venv python3-dbus python3-gi
    find_python || die "$needs: install them"
    step "making the Python environment .venv" "$python" -m venv --clear --system-site-packages .venv ||
        die "python3 -m venv failed"
    # --no-deps: the lock has all but dbus-python, which is the distribution's.
    step "installing pytest, shellcheck and what else harness/requirements.txt lists" \
        .venv/bin/pip install --disable-pip-version-check --require-hashes --no-deps -r "$lock" ||
        die "pip could not install what harness/requirements.txt lists: is the package index reachable?"
    cp "$lock" .venv/requirements.txt
}

dbus_daemon() {
    command -v dbus-daemon >/dev/null || apt_install "dbus-daemon, for the fake systemd, is missing" dbus
}

bats() {
    local lock=harness/package-lock.json
    cmp -s "$lock" harness/node_modules/package-lock.json && return
    command -v npm >/dev/null || apt_install "npm, which brings bats, is missing" npm
    step "installing bats" npm ci --prefix harness --no-audit --no-fund ||
        die "npm could not install bats: is its registry reachable?"
    cp "$lock" harness/node_modules/package-lock.json
}

scdoc() {
    type -P scdoc >/dev/null || apt_install "scdoc, which makes the man pages, is missing" scdoc
}

systemd_analyze() {
    command -v systemd-analyze >/dev/null || apt_install "systemd-analyze is missing" systemd
}

# lintian: checks the package. Its test is skipped if it is not there and cannot be installed.
lintian() {
    type -P lintian >/dev/null || [[ $EUID != 0 || ! -e /etc/debian_version ]] ||
        apt_install "lintian, which checks the package, is missing" lintian
}

# forget_dead PIDFILE NAME: removes a pid file that an engine has left, if its pid now belongs
# to nobody or to another program. dockerd would take it for its own.
forget_dead() {
    local pid
    [[ -s $1 ]] || return 0
    pid=$(<"$1")
    [[ -e /proc/$pid/comm && $(<"/proc/$pid/comm") == "$2" ]] || rm -f "$1"
}

# docker_engine: uses the engine that answers. If none does, root on Debian or Ubuntu gets a new one, which goes on
# running afterwards.
docker_engine() {
    local try
    docker info >/dev/null 2>&1 && return
    [[ $EUID == 0 && -e /etc/debian_version ]] ||
        die "no Docker engine answers: start Docker and make sure that 'docker info' works for you"
    command -v dockerd >/dev/null || apt_install "there is no Docker engine" docker.io
    command -v docker >/dev/null || apt_install "there is no docker command" docker-cli
    if ! pgrep -x dockerd >/dev/null; then
        forget_dead /var/run/docker.pid dockerd
        forget_dead /var/run/docker/containerd/containerd.pid containerd
        setsid dockerd >"$CACHE/dockerd.log" 2>&1 </dev/null &
    fi
    printf 'prepare: waiting for the Docker engine ... '
    for ((try = 0; try < 150; try++)); do
        if docker info >/dev/null 2>&1; then
            printf 'done\n'
            return
        fi
        sleep 0.2
    done
    printf 'failed\n'
    tail -n 20 "$CACHE/dockerd.log" >&2 || true
    die "dockerd does not answer within 30 s: end it and try again"
}

# base_image: pulls it, or makes it from Debian's packages if no registry can be reached.
base_image() {
    local suite backports
    docker image inspect "$BASE" >/dev/null 2>&1 && return
    if step "pulling $BASE" timeout 300 docker pull "$BASE"; then return; fi
    [[ $BASE =~ ^debian:([a-z]+)(-backports)?(-slim)?$ ]] ||
        die "$BASE cannot be pulled: name a base like debian:bookworm-slim"
    suite=${BASH_REMATCH[1]} backports=${BASH_REMATCH[2]}
    command -v mmdebstrap >/dev/null || apt_install "no registry can be reached" mmdebstrap debian-archive-keyring
    step "making $BASE from packages instead (mmdebstrap $suite)" bootstrap "$suite" "$backports" ||
        die "mmdebstrap could not make $BASE"
}

# bootstrap SUITE [-backports]: makes BASE; the latter as Debian's own image of that name is, which has the backports
# among its package sources and nothing installed from them.
bootstrap() {
    local options=(--variant=minbase --aptopt="Acquire::Check-Valid-Until \"$CHECK_DATE\"")
    [[ ! $2 ]] || options+=(--customize-hook="sed -n 's/^\(deb .*\) $1 /\1 $1$2 /p' \"\$1/etc/apt/sources.list\" \
        >\"\$1/etc/apt/sources.list.d/backports.list\"")
    mmdebstrap "${options[@]}" "$1" - | docker import - "$BASE"
}

# build IMAGE BASE DOCKERFILE
build() {
    docker build --build-arg BASE="$2" --build-arg CHECK_DATE="$CHECK_DATE" -t "$1" -f "$3" .
}

# inside: prints what tells one content of harness/inside from another: names, modes, sums.
inside() {
    find harness/inside -name __pycache__ -prune -o -type f -printf '%p %m\n' -exec sha256sum {} + | sort
}

# image_of_base: sets image to BASE's test image. Builds it again if what goes into it has changed; its name tells the
# contents apart.
image_of_base() {
    local digest
    digest=$({
        printf '%s' "$BASE"
        cat Dockerfile.systemd
        inside
    } | sha256sum)
    image=rovi-systemd:${digest:0:12}
    docker image inspect "$image" >/dev/null 2>&1 ||
        step "building the test image $image from $BASE" \
            build "$image" "$BASE" Dockerfile.systemd ||
        die "the test image cannot be built"
}

test_image() {
    local image
    image_of_base
    printf '%s\n' "$image" >"$CACHE/image"
}

# root_archives: makes what `docker export` prints of each test image. .cache/root-SUITE says of which.
root_archives() {
    local image suite
    for BASE in $ROOT_BASES; do
        base_image
        image_of_base
        suite=${BASE#*:} suite=$CACHE/root-${suite%-slim}
        [[ ! -e $suite.tar || ! -e $suite || $(<"$suite") != "$image" ]] || continue
        step "exporting $image as a root" export_image "$image" "$suite.tar" || die "$image cannot be exported"
        printf '%s\n' "$image" >"$suite"
    done
}

# export_image IMAGE FILE
export_image() {
    local container status=0
    container=$(docker create "$1") || return
    docker export -o "$2" "$container" || status=1
    docker rm "$container" && return "$status"
}

qemu() {
    command -v qemu-system-x86_64 >/dev/null || apt_install "qemu, for the virtual machine, is missing" qemu-system-x86
}

# vm_disk: makes a disk of the test image with a kernel, and what qemu boots it by.
vm_disk() {
    local digest folder image
    digest=$({
        cat "$CACHE/image" Dockerfile.vm
        declare -f make_disk
    } | sha256sum)
    image=rovi-vm:${digest:0:12} folder=$CACHE/vm-${digest:0:12}
    if [[ ! -e $folder/disk ]]; then
        step "building the image of the virtual machine $image" \
            build "$image" "$(<"$CACHE/image")" Dockerfile.vm ||
            die "the image of the virtual machine cannot be built"
        step "making its disk" make_disk "$image" "$folder" || die "the disk cannot be made"
    fi
    printf '%s\n' "$folder" >"$CACHE/vm"
}

# make_disk IMAGE FOLDER: makes it in a container, because only root can unpack what root owns.
make_disk() {
    local container
    rm -rf "$2" && mkdir -p "$2.new" || return
    container=$(docker create "$1") || return
    docker export "$container" | docker run --rm -i -v "$PWD/$2.new:/made" "$1" bash -ec '
        mkdir /tree && tar -xf - -C /tree
        rm -f /tree/.dockerenv /tree/etc/resolv.conf && echo robot >/tree/etc/hostname
        printf "127.0.0.1 localhost robot\n" >/tree/etc/hosts
        cp /tree/boot/vmlinuz-* /made/kernel && cp /tree/boot/initrd.img-* /made/initrd
        mke2fs -q -t ext4 -d /tree /made/disk 1536M && chmod 644 /made/*'
    local status=$?
    docker rm "$container"
    ((status == 0)) && mv "$2.new" "$2"
}

# image_with NAME BELOW: makes the test image of Dockerfile.NAME upon the one that the file BELOW names. Its name tells
# what it was made from.
image_with() {
    local digest image
    digest=$(cat "$2" "Dockerfile.$1" | sha256sum)
    image=rovi-$1:${digest:0:12}
    docker image inspect "$image" >/dev/null 2>&1 ||
        step "building the test image with $1 $image" build "$image" "$(<"$2")" "Dockerfile.$1" ||
        die "the test image with $1 cannot be built"
    printf '%s\n' "$image" >"$CACHE/image-$1"
}

cockpit_image() {
    image_with cockpit "$CACHE/image"
}

kiosk_image() {
    image_with kiosk "$CACHE/image-cockpit"
}

# chromium: the distribution's, because a browser that playwright downloads is one more thing to trust.
chromium() {
    type -P chromium >/dev/null || apt_install "Chromium, which opens the page, is missing" chromium fonts-dejavu-core
}

case ${1-} in
check) tools=(python_environment dbus_daemon bats scdoc systemd_analyze) ;;
container) tools=(python_environment lintian docker_engine base_image test_image) ;;
roots) tools=(docker_engine root_archives) ;;
vm) tools=(python_environment docker_engine base_image test_image qemu vm_disk) ;;
page) tools=(python_environment bats docker_engine base_image test_image cockpit_image chromium) ;;
kiosk) tools=(python_environment docker_engine base_image test_image cockpit_image kiosk_image) ;;
*) die "usage: prepare.sh check|container|roots|vm|page|kiosk" ;;
esac
for tool in "${tools[@]}"; do
    "$tool"
done
