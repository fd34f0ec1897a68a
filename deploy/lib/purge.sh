# What deploy/down --purge takes away, and the look afterwards whether it is gone.
# shellcheck shell=bash

nuri_namespaces() { ip netns list 2>/dev/null | awk '$1 ~ /^nuri-/ {print $1}'; }
nuri_mounts() {
    awk -v data="$NURI_DATA/" -v run="$NURI_RUN/" \
        'index($5, data) == 1 || index($5, run) == 1 {print $5}' /proc/self/mountinfo | sort -r
}
nuri_links() { ip -o link show | awk -F': ' '{sub("@.*", "", $2); print $2}' |
    grep -E '^(br-int|br-ex|ovs-netdev|nmd[0-9a-f]{8})$' || true; }

# Processes of ours by the file they run, or, for QEMU, by the folder of its disks.
nuri_processes() {
    local pid file
    for pid in /proc/[0-9]*; do
        file=$(readlink "$pid/exe" 2>/dev/null) || continue
        case $file in
        "$NURI_OPT"/* | "$NURI_SBIN"/nuri-*) echo "${pid#/proc/}" ;;
        */qemu-system-*)
            tr '\0' '\n' <"$pid/cmdline" 2>/dev/null | grep -q "$NURI_DATA/" && echo "${pid#/proc/}"
            ;;
        esac
    done
    return 0
}

# Before the engines stop: libvirt and OVS are asked to let go of what is theirs.
purge_networks() {
    local name
    for name in $(nuri_namespaces); do
        ip netns pids "$name" 2>/dev/null | xargs -r kill 2>/dev/null || true
        ip netns delete "$name" || true
    done
    # The folder of namespaces is a mount of its own; when we used it last, it goes too.
    if mountpoint -q /run/netns && [ -z "$(ls -A /run/netns)" ]; then umount /run/netns || true; fi
    [ -S "$NURI_RUN/ovs/db.sock" ] || return 0
    "$NURI_BIN/ovs-vsctl" --timeout=10 --if-exists del-br br-int -- --if-exists del-br br-ex || true
}

purge_masquerade() {
    command -v iptables >/dev/null || return 0
    iptables -w -t nat -S POSTROUTING 2>/dev/null | grep -- '--comment nuri ' |
        sed 's/^-A/-D/' | while read -r rule; do
        # shellcheck disable=SC2086
        iptables -w -t nat $rule || true
    done || true
}

purge_files() {
    local path pid
    for pid in $(nuri_processes); do kill -9 "$pid" 2>/dev/null || true; done
    for path in $(nuri_mounts); do umount "$path" || true; done
    for path in $(nuri_links); do ip link delete "$path" 2>/dev/null || true; done
    purge_masquerade
    if have_systemd; then systemd_remove; fi
    rm -rf "$NURI_ETC" "$NURI_DATA" "$NURI_RUN" "$NURI_LOGS" "$NURI_CACHE" "$NURI_OPT" \
        "$NURI_LIBEXEC" "$(dirname "$NURI_CONSOLE")" "$NURI_SBIN"/nuri-* /run/lock/nuri-deploy.lock \
        /var/log/libvirt/qemu/nuri-*.log
}

purge_check() {
    local left=""
    left+=$(nuri_processes | sed 's/^/ process /')
    left+=$(nuri_namespaces | sed 's/^/ namespace /')
    left+=$(nuri_mounts | sed 's/^/ mount /')
    left+=$(nuri_links | sed 's/^/ link /')
    left+=$(compgen -G '/var/log/libvirt/qemu/nuri-*.log' | sed 's/^/ log /' || true)
    [ -z "$left" ] || die "left behind:$left"
}
