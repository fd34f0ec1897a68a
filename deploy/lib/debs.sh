# Debian packages as material: fetched with all they depend on and unpacked into a folder,
# without installing them, their scripts or their services on this machine.
# shellcheck shell=bash

# debian_mirror: where this machine gets Debian itself from; another release is there too.
debian_mirror() {
    local mirror=${NURI_DEBIAN_MIRROR:-}
    [ -n "$mirror" ] || mirror=$(debian_mirror_of_apt)
    if [ -z "$mirror" ]; then # no lists yet
        apt-get -q update >/dev/null 2>&1 || true
        mirror=$(debian_mirror_of_apt)
    fi
    [ -n "$mirror" ] || die "apt names no source of Debian 12: set NURI_DEBIAN_MIRROR"
    echo "$mirror"
}

debian_mirror_of_apt() {
    apt-get indextargets --format "\$(SITE) \$(CODENAME) \$(ORIGIN)" 'Created-By: Packages' |
        awk '$2 == "bookworm" && $3 == "Debian" && !found { print $1; found = 1 }'
}

# debs_unpack SUITE FOLDER PACKAGE..: SUITE "host" means this machine's own package sources.
debs_unpack() {
    local suite=$1 into=$2 apt=$NURI_CACHE/apt/$1
    shift 2
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,etc/preferences.d} "$into"
    : >"$apt/state/status"
    local options=(-q -y
        -o Dir::State="$apt/state" -o Dir::State::status="$apt/state/status"
        -o Dir::Cache="$apt/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User=root
        --no-install-recommends -o Acquire::Languages=none)
    if [ "$suite" != host ]; then
        local mirror
        mirror=$(debian_mirror)
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
            "$mirror $suite main" >"$apt/etc/sources.list"
        options+=(-o Dir::Etc::sourcelist="$apt/etc/sources.list" -o Dir::Etc::sourceparts=-
            -o Dir::Etc::preferencesparts="$apt/etc/preferences.d")
    fi
    apt-get "${options[@]}" update
    rm -f "$apt"/cache/archives/*.deb
    apt-get "${options[@]}" --download-only install "$@"
    local deb
    for deb in "$apt"/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$into" --keep-directory-symlink
    done
    rm -rf "$apt/cache"
}

# debs_merge_usr FOLDER: unpacked packages of before the merge get the merged layout of today.
debs_merge_usr() {
    local into=$1 name
    for name in bin sbin lib lib64; do
        if [ -d "$into/$name" ] && [ ! -L "$into/$name" ]; then
            mkdir -p "$into/usr/$name"
            cp -a "$into/$name/." "$into/usr/$name/"
            rm -rf "${into:?}/$name"
        fi
        [ -e "$into/usr/$name" ] && ln -sfn "usr/$name" "$into/$name"
    done
    return 0
}

# debs_loader FOLDER: the dynamic loader within an unpacked tree.
debs_loader() { readlink -f "$1/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"; }

# debs_libraries FOLDER PROGRAM..: the shared libraries the programs load, as found in FOLDER.
# LIBRARY_PATH_MORE names further folders within FOLDER.
debs_libraries() {
    local from=$1 path program
    path=$from/usr/lib/x86_64-linux-gnu${LIBRARY_PATH_MORE:+:$from/$LIBRARY_PATH_MORE}
    shift
    for program in "$@"; do
        "$(debs_loader "$from")" --library-path "$path" --list "$program" |
            awk '$2 == "=>" && $3 ~ /^\// {print $3} $2 == "=>" && $3 == "not" {exit 1}'
    done | sort -u
}
