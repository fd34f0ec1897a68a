# The guests of this cloud, told from others on the host by where their disks lie.
# shellcheck shell=bash

guests() {
    local domain
    libvirt_answers >/dev/null 2>&1 || return 0
    virsh -q -c qemu:///system list --all --name | while read -r domain; do
        [ -n "$domain" ] || continue
        virsh -q -c qemu:///system dumpxml "$domain" 2>/dev/null | grep -q "'$NURI_DATA/" &&
            echo "$domain"
    done
    return 0
}

guests_running() {
    local domain
    for domain in $(guests); do
        [ "$(virsh -q -c qemu:///system domstate "$domain" 2>/dev/null)" != running ] ||
            echo "$domain"
    done
}

# guests_stop: the power button first, and the plug after 20 s.
guests_stop() {
    local domain end
    for domain in $(guests_running); do
        virsh -q -c qemu:///system shutdown "$domain" >/dev/null 2>&1 || true
    done
    end=$(($(now_ms) + 20000))
    while [ -n "$(guests_running)" ] && (($(now_ms) < end)); do sleep 0.5; done
    for domain in $(guests_running); do
        virsh -q -c qemu:///system destroy "$domain" >/dev/null 2>&1 || true
    done
}

# guests_remove: for --purge. After a plain deploy/down only libvirt still knows its domains.
guests_remove() {
    local domain
    if ! libvirt_answers >/dev/null 2>&1 && [ -x "$NURI_LIBEXEC/nuri-libvirtd" ]; then
        supervise_render engine
        supervise_start nuri-virtlogd nuri-libvirtd
        wait_until 90 "libvirt" libvirt_answers
    fi
    for domain in $(guests); do
        virsh -q -c qemu:///system destroy "$domain" >/dev/null 2>&1 || true
        virsh -q -c qemu:///system undefine "$domain" --managed-save --snapshots-metadata \
            --nvram >/dev/null 2>&1 || true
        rm -f "/var/log/libvirt/qemu/$domain.log"
    done
}
