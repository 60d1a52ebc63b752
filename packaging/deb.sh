#!/bin/bash
# deb.sh [DIRECTORY]: makes two packages in DIRECTORY [dist/]: rovi-services_VERSION_all.deb, the files as install.sh
# stages them with PREFIX=/usr, and the maintainer scripts beside this file; and rovi-services-cockpit_VERSION_all.deb,
# the page for Cockpit. Needs dpkg-deb and gzip, but not root. Two builds of the same commit are identical.
# Exit codes: 0, or another if it fails.
set -euo pipefail
umask 022
cd "${BASH_SOURCE[0]%/*}/.."

NAME=rovi-services
VERSION=$(sed -n 's/^readonly VERSION=//p' services/lib/use.sh)
OUT=${1:-dist}
STAGES=$(mktemp -d)
trap 'rm -rf "$STAGES"' EXIT
STAGE=$STAGES/$NAME
mkdir "$STAGE"
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
    [[ ! -d $STAGE/usr/share/man ]] || gzip -9n "$STAGE"/usr/share/man/man*/*
}

# put_setup: what the package has in addition to the files of install.sh.
put_setup() {
    mkdir -p "$STAGE/usr/sbin" "$STAGE/etc/default"
    ln -s ../lib/rovi/setup.sh "$STAGE/usr/sbin/$NAME-setup"
    cp packaging/default "$STAGE/etc/default/$NAME"
}

# put_sums: checksums for `rovictl doctor`.
put_sums() {
    (cd "$STAGE" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sed 's|  |  /|') \
        >"$STAGE/checksums"
    mv "$STAGE/checksums" "$STAGE/usr/lib/rovi/checksums"
}

# put_control FILE: makes DEBIAN/ with FILE as its control.
put_control() {
    local size
    mkdir "$STAGE/DEBIAN"
    size=$(du -sk --apparent-size "$STAGE" | cut -f1)
    sed "s/@VERSION@/$VERSION/; s/@SIZE@/$size/" "$1" >"$STAGE/DEBIAN/control"
}

# put_scripts: what DEBIAN/ has besides. The administrator may change what is below /etc.
put_scripts() {
    printf '/etc/default/%s\n' "$NAME" >"$STAGE/DEBIAN/conffiles"
    install -m 755 packaging/{preinst,postinst,prerm,postrm} "$STAGE/DEBIAN"
}

# put_md5sums: for dpkg --verify.
put_md5sums() {
    (cd "$STAGE" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$STAGE/DEBIAN/md5sums"
}

# build: makes the package NAME of what is in STAGE.
build() {
    dpkg-deb --root-owner-group -Zxz --build "$STAGE" "$OUT/${NAME}_${VERSION}_all.deb"
}

mkdir -p "$OUT"
DESTDIR=$STAGE PREFIX=/usr ROVI_USER=rovi ROVI_ROS_WS_DIR=/home/rovi/rovi_ros_ws services/install.sh >/dev/null
put_setup
put_docs
put_control packaging/control
put_scripts
put_sums
put_md5sums
build

NAME=rovi-services-cockpit STAGE=$STAGES/rovi-services-cockpit
mkdir -p "$STAGE/usr/share/cockpit"
cp -r cockpit "$STAGE/usr/share/cockpit/rovi"
chmod -R u=rwX,go=rX "$STAGE"
put_docs
put_control packaging/control-cockpit
put_md5sums
build
