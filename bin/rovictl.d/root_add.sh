# shellcheck shell=bash
# root_add.sh: rovictl root add: makes a root of a tree, an archive or a disk image. It is unpacked beside the others,
# made harmless, checked, and only then gets its name; whatever interrupts this, no half root counts.

use lib/contract lib/text lib/root rovictl.d/say rovictl.d/root_files

# Files that a root gets from the host, in the place of its own. A link there would lead elsewhere.
readonly ROOT_FROM_HOST='passwd group hosts resolv.conf machine-id'

# add_root NAME SOURCE
add_root() {
    local name=$1 source=$2 kind new said
    need_roots
    [[ ! -e $ROVI_ROOTS/$name && ! -L $ROVI_ROOTS/$name ]] || die "$ROVI_EX_USAGE" \
        "there is a root $name already: choose another name, or remove it first with 'sudo rovictl root remove $name'"
    root_kind "$source"
    rm -rf --one-file-system -- "$ROVI_ROOTS"/.new.* "$ROVI_ROOTS"/.old.* # what was interrupted; the lock is ours
    new=$(mktemp -d "$ROVI_ROOTS/.new.XXXXXX") || die "$ROVI_EX_FAILED" "cannot write in $ROVI_ROOTS: is there no room?"
    # shellcheck disable=SC2064  # now
    trap "rm -rf --one-file-system -- '$new'" EXIT
    say "$name: unpacking $(rovi_quote "$source")"
    umask 022
    said=$("unpack_$kind" "$source" "$new/root" 2>&1 >/dev/null) || die_of_unpack
    [[ ! -e $new/layers ]] || kind=oci
    said=$(make_harmless "$new/root" 2>&1) || die_of_unpack
    root_check "$new/root" "$(rovi_quote "$source")" || die "$ROVI_EX_CONFIG" "$ROVI_REPLY"
    said=$(note_root "$new/root" 2>&1) || die_of_unpack
    mv -T -- "$new/root" "$ROVI_ROOTS/$name" || die "$ROVI_EX_FAILED" "cannot write in $ROVI_ROOTS"
    root_ros "$ROVI_ROOTS/$name"
    say "$name: added, with ROS 2 $ROVI_REPLY; 'sudo rovictl root use STACK $name' has a stack start there"
}

# root_kind SOURCE: sets the caller's kind to tree, tar or disk. Ends rovictl if SOURCE is none of these.
root_kind() {
    local shown magic
    shown=$(rovi_quote "$1")
    [[ -e $1 || -L $1 ]] || die "$ROVI_EX_USAGE" "there is no $shown: name a directory, an archive or a disk image"
    [[ ! -L $1 ]] || die "$ROVI_EX_USAGE" "$shown is a link: name what it leads to"
    if [[ -d $1 ]]; then
        check_tree "$1" "$shown"
        kind=tree
        return
    fi
    [[ -f $1 ]] || die "$ROVI_EX_USAGE" "$shown is neither a directory nor a plain file"
    magic=$(od -An -v -tx1 -w6 -N6 -- "$1")$(od -An -v -tx1 -j257 -N5 -- "$1" 2>/dev/null)
    case ${magic// /} in
    *7573746172) kind=tar && check_end "$1" "$shown" ;;      # "ustar" behind the first name
    1f8b* | fd377a585a00* | 425a68* | 28b52ffd*) kind=tar ;; # gzip, xz, bzip2, zstd
    *) kind=disk ;;
    esac
}

# check_tree TREE SHOWN: ends rovictl if others can change TREE meanwhile, or if it contains the roots.
check_tree() {
    local tree mode
    tree=$(realpath -e -- "$1")
    mode=$(stat -c %a -- "$1")
    (((8#$mode & 8#2) == 0)) ||
        die "$ROVI_EX_CONFIG" "everybody can write in $2: 'sudo chmod o-w $2', and look at what is in it"
    [[ $ROVI_ROOTS/ != "${tree%/}"/* && $tree/ != "$ROVI_ROOTS"/* ]] ||
        die "$ROVI_EX_USAGE" "$2 contains $ROVI_ROOTS, or is in it: name the tree of another system"
}

# check_end ARCHIVE SHOWN: ends rovictl if ARCHIVE, a tar archive, lacks its end: two blocks of zeros. tar itself does
# not mind if an archive is cut short between two members.
check_end() {
    local rest
    rest=$(tail -c 1024 -- "$1" | tr -d '\0' | head -c 1)
    [[ ! $rest ]] || die "$ROVI_EX_CONFIG" "$2 is cut short: copy or make it again"
}

# die_of_unpack: ends rovictl with the last line of the caller's said. tar itself has only a sum as its last line.
die_of_unpack() {
    said=${said%$'\n'*'Exiting with failure'*}
    said=${said##*$'\n'}
    rovi_printable "${said:0:200}"
    [[ $ROVI_REPLY != *"No space left"* && $ROVI_REPLY != *"quota"* ]] ||
        die "$ROVI_EX_FAILED" "there is no room for it in $ROVI_ROOTS ($ROVI_REPLY): make room, or mount a disk there"
    [[ $kind != disk ]] || ROVI_REPLY="it is neither a tar archive nor a disk image of one file system that can be \
mounted here (${ROVI_REPLY#mount: })"
    die "$ROVI_EX_CONFIG" "cannot unpack $(rovi_quote "$source"): ${ROVI_REPLY:-it is no root file system}"
}

# unpack_tree TREE INTO: copies a directory tree. Neither owners nor special rights come along, see make_harmless.
unpack_tree() {
    mkdir "$2" && cp -R --no-dereference --one-file-system --reflink=auto --preserve=links,timestamps -T -- "$1" "$2"
}

# unpack_tar ARCHIVE INTO: unpacks `docker export`, or what debootstrap and the like make. An archive of images (OCI, or
# docker save) has layers in it. tar takes "/" and "../" off names, and lets no name lead through a link out of INTO.
unpack_tar() {
    mkdir "$2" && tar -xf "$1" -C "$2" --no-same-owner --no-same-permissions --no-xattrs --no-acls --no-selinux \
        --anchored --exclude='dev/*' --exclude='./dev/*' || return
    if [[ -f $2/oci-layout ]]; then
        unpack_layers "oci-archive:$1" "$2"
    elif [[ -f $2/manifest.json && ! -e $2/usr ]]; then
        unpack_layers "docker-archive:$1" "$2"
    fi
}

# unpack_layers IMAGE INTO: unpacks an image, named as for skopeo(1), in the place of what is in INTO. Leaves a
# file, layers, in the caller's new.
unpack_layers() {
    if ! type -P skopeo >/dev/null || ! type -P umoci >/dev/null; then
        printf "it is an image with layers: 'sudo apt install skopeo umoci' first, or use 'docker export'" >&2
        return 1
    fi
    rm -rf -- "$2" && : >"$new/layers" &&
        skopeo --insecure-policy copy --quiet "$1" "oci:$new/image:root" &&
        umoci raw unpack --image "$new/image:root" "$2" && rm -rf -- "$new/image"
}

# unpack_disk IMAGE INTO: copies what is in a disk image of one file system. It is mounted where nobody else sees it,
# and only for that time: a start then needs no loop device.
unpack_disk() {
    # shellcheck disable=SC2016  # for the inner bash to expand
    mkdir "$2" "$new/mount" &&
        unshare --mount bash -c 'mount -o ro,loop,nosuid,nodev -- "$1" "$2" && cp -R --no-dereference \
            --one-file-system --preserve=links,timestamps -T -- "$2" "$3"' - "$1" "$new/mount" "$2"
}

# make_harmless TREE: leaves nothing in TREE that gives a process there more than it has: no device, no setuid, nothing
# that others than root own or may write, except /var/tmp. Fails if TREE is no root file system.
make_harmless() {
    local file
    if [[ ! -d $1/etc || -L $1/etc || ! -d $1/usr || -L $1/usr ]]; then
        printf 'it has no directories etc and usr, as a root file system has\n' >&2
        return 1
    fi
    find "$1" -xdev \( -type b -o -type c -o -type p -o -type s \) -delete &&
        chown -hR 0:0 -- "$1" && chmod 755 "$1" &&
        find "$1" -xdev ! -type l -perm /6022 -exec chmod ug-s,go-w {} + || return
    [[ ! -d $1/var/tmp || -L $1/var || -L $1/var/tmp ]] || chmod 1777 "$1/var/tmp" || return
    for file in $ROOT_FROM_HOST; do
        file=$1/etc/$file
        [[ -f $file && ! -L $file ]] || { rm -rf -- "$file" && : >"$file"; } || return
    done
}

# note_root TREE: writes its note, and the tree to the disk.
note_root() {
    local bytes note=$1/$ROOT_NOTE
    bytes=$(du -sxB1 -- "$1") && rm -rf -- "$note" && printf '%s %s\n' "$kind" "${bytes%%[!0-9]*}" >"$note" &&
        sync -f "$1"
}
