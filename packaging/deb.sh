#!/bin/bash
# deb.sh [DIRECTORY]: makes the package rovi-services_VERSION_all.deb in DIRECTORY [dist/]: the files as
# install.sh stages them with PREFIX=/usr, and the maintainer scripts beside this file. Needs dpkg-deb and
# gzip, but not root. Two builds of the same commit are identical. Exit codes: 0, or another if it fails.
set -euo pipefail
umask 022
cd "${BASH_SOURCE[0]%/*}/.."

NAME=rovi-services
VERSION=$(sed -n 's/^readonly VERSION=//p' services/lib/use.sh)
OUT=${1:-dist}
STAGE=$(mktemp -d)
trap 'rm -rf "$STAGE"' EXIT
chmod 755 "$STAGE"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y services/lib/use.sh)}
export SOURCE_DATE_EPOCH

# put_docs: the files that every package has, compressed as Debian requires.
put_docs() {
    local doc=$STAGE/usr/share/doc/$NAME
    mkdir -p "$doc"
    cp packaging/copyright "$doc/copyright"
    printf '%s (%s) unstable; urgency=medium\n\n  * Made from the project at this version.\n\n -- %s  %s\n' \
        "$NAME" "$VERSION" "$(sed -n 's/^Maintainer: //p' packaging/control)" \
        "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
    gzip -9n "$STAGE"/usr/share/man/man*/*
}

# put_setup: what the package has in addition to the files of install.sh.
put_setup() {
    mkdir -p "$STAGE/usr/sbin" "$STAGE/etc/default"
    ln -s ../lib/rovi/setup.sh "$STAGE/usr/sbin/$NAME-setup"
    cp packaging/default "$STAGE/etc/default/$NAME"
}

# put_sums: checksums for `rovictl doctor`, and for dpkg --verify.
put_sums() {
    (cd "$STAGE" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sed 's|  |  /|') \
        >"$STAGE/checksums"
    mv "$STAGE/checksums" "$STAGE/usr/lib/rovi/checksums"
    (cd "$STAGE" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$STAGE/DEBIAN/md5sums"
}

# put_control: makes DEBIAN/. The administrator may change what is below /etc.
put_control() {
    local size
    mkdir "$STAGE/DEBIAN"
    size=$(du -sk --apparent-size "$STAGE" | cut -f1)
    sed "s/@VERSION@/$VERSION/; s/@SIZE@/$size/" packaging/control >"$STAGE/DEBIAN/control"
    printf '/etc/default/%s\n' "$NAME" >"$STAGE/DEBIAN/conffiles"
    install -m 755 packaging/{preinst,postinst,prerm,postrm} "$STAGE/DEBIAN"
}

DESTDIR=$STAGE PREFIX=/usr ROVI_USER=rovi ROVI_ROS_WS_DIR=/home/rovi/rovi_ros_ws services/install.sh >/dev/null
put_setup
put_docs
put_control
put_sums
mkdir -p "$OUT"
dpkg-deb --root-owner-group -Zxz --build "$STAGE" "$OUT/${NAME}_${VERSION}_all.deb"
