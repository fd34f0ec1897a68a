# Building the services and the console, and putting them into place.
# shellcheck shell=bash

build_dir=$NURI_TOP/build/release

build_services() {
    cmake -S "$NURI_TOP" --preset release
    cmake --build "$build_dir"
}

build_console() {
    cd "$NURI_TOP/web-console"
    # The lock file's stamp saves npm a run in which nothing changed.
    if ! cmp -s package-lock.json node_modules/.nuri-lock; then
        npm ci --no-audit --no-fund
        cp package-lock.json node_modules/.nuri-lock
    fi
    npm run build
}

build_all() {
    # shellcheck disable=SC2046
    packages_install $(packages_for build console)
    (cd "$NURI_TOP" && timed "services built" quietly build-services build_services)
    timed "console built" quietly build-console build_console
}

# program_outdated NAME: a process of it runs what was replaced since (by a run that did not get to
# restarting it).
program_outdated() {
    find /proc/[0-9]*/exe -maxdepth 0 -lname "$NURI_SBIN/$1 (deleted)" 2>/dev/null | grep -q .
}

# install_programs: programs that changed are remembered, to be restarted.
install_programs() {
    local name file
    programs_changed=()
    mkdir -p "$NURI_SBIN"
    for name in $(process_names nuri); do
        file=$build_dir/bin/$name
        [ -x "$file" ] || die "$file is not there: build first, or name the build with --build-dir"
        if cmp -s "$file" "$NURI_SBIN/$name"; then
            ! program_outdated "$name" || programs_changed+=("$name")
            continue
        fi
        install -m 755 "$file" "$NURI_SBIN/.$name.new"
        mv "$NURI_SBIN/.$name.new" "$NURI_SBIN/$name"
        programs_changed+=("$name")
    done
}

install_console() {
    local from=$NURI_TOP/web-console/dist
    [ -f "$from/index.html" ] || die "$from is not there: build the console first"
    mkdir -p "$(dirname "$NURI_CONSOLE")"
    rm -rf "$NURI_CONSOLE.new"
    cp -r "$from" "$NURI_CONSOLE.new"
    rm -rf "$NURI_CONSOLE"
    mv "$NURI_CONSOLE.new" "$NURI_CONSOLE"
}
