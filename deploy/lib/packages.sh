# Debian packages, by what they are for.
# shellcheck shell=bash

# packages_for PURPOSE..
packages_for() {
    local purpose
    for purpose in "$@"; do
        case $purpose in
        engines)
            echo libvirt-daemon libvirt-daemon-driver-qemu libvirt-daemon-system libvirt-clients \
                qemu-system-x86 qemu-utils debian-archive-keyring ca-certificates kmod iproute2 \
                iptables procps util-linux openssl curl jq openssh-client genisoimage mtools \
                dosfstools e2fsprogs
            have_systemd || echo runit
            ;;
        image) echo syslinux syslinux-common mtools dosfstools parted e2fsprogs cpio lz4 kmod ;;
        client) echo python3-openstackclient ;;
        build)
            echo g++ cmake ninja-build ccache mold libboost1.81-dev libsqlitecpp-dev \
                libsqlite3-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libssl-dev \
                libcrypt-dev libvirt-dev libtomlplusplus-dev libcli11-dev pkg-config \
                libgtest-dev libgmock-dev librapidcheck-dev
            ;;
        console)
            if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
                echo nodejs npm
            fi
            ;;
        esac
    done
}

have_systemd() { [ "$(cat /proc/1/comm)" = systemd ] && [ -d /run/systemd/system ]; }

packages_missing() {
    local package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            echo "$package"
    done
}

# packages_install PACKAGE..: only what is missing; nothing a package brings is started.
packages_install() {
    local missing own_policy=
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
        own_policy=yes
    fi
    local from rc=0
    from=$(now_ms)
    # shellcheck disable=SC2086
    packages_apt $missing || rc=$?
    [ -z "$own_policy" ] || rm -f /usr/sbin/policy-rc.d
    [ $rc = 0 ] || die "apt-get could not install: ${missing//$'\n'/ }"
    say "Debian packages ($(wc -w <<<"$missing")): $(seconds "$from") s"
}

packages_apt() {
    local log=$NURI_LOGS/deploy/apt.log options
    mkdir -p "$NURI_LOGS/deploy"
    options=(-y -q -o DPkg::Lock::Timeout=900)
    { DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install --no-install-recommends \
        "$@" || {
        apt-get "${options[@]}" update && DEBIAN_FRONTEND=noninteractive \
            apt-get "${options[@]}" install --no-install-recommends "$@"
    }; } >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        return 1
    }
}
