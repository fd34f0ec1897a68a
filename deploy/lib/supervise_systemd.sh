# The systemd half of supervise.sh: units from the template deploy/systemd/process.service.in.
# shellcheck shell=bash

systemd_units=/etc/systemd/system

# systemd_write_unit NAME AFTER WHAT COMMAND
systemd_write_unit() {
    local name=$1 after="" word
    for word in $2; do
        process_is_ours "$word" || word=${word#nuri-}
        after+=" $word.service"
    done
    sed -e "s|@NAME@|$name|" -e "s|@AFTER@|$after|" -e "s|@WHAT@|$3|" \
        -e "s|@SCRIPT@|$NURI_LIBEXEC/$name|" "$NURI_DEPLOY/systemd/process.service.in" |
        install_text "$systemd_units/$name.service" 644
}

# systemd_write_common: the target, and our PATH for Debian's libvirtd. Guests outlive its restart.
systemd_write_common() {
    local addition=$systemd_units/libvirtd.service.d/nuri.conf
    install_text $systemd_units/nuri.target 644 <"$NURI_DEPLOY/systemd/nuri.target"
    if ! cmp -s "$NURI_DEPLOY/systemd/libvirtd-nuri.conf" "$addition"; then
        install_text "$addition" 644 <"$NURI_DEPLOY/systemd/libvirtd-nuri.conf"
        systemctl daemon-reload
        systemctl -q try-restart libvirtd.service
    fi
}

systemd_unit_of() { if process_is_ours "$1"; then echo "$1"; else echo "${1#nuri-}"; fi; }

systemd_start() {
    local name unit
    systemctl -q enable nuri.target
    for name in "$@"; do
        unit=$(systemd_unit_of "$name")
        systemctl -q enable --now "$unit.service"
    done
}

systemd_stop() {
    local name
    for name in "$@"; do
        process_is_ours "$name" || continue
        systemctl -q disable --now "$name.service" 2>/dev/null || true
    done
}

systemd_remove() {
    rm -f $systemd_units/nuri-*.service $systemd_units/nuri.target
    rm -rf $systemd_units/libvirtd.service.d/nuri.conf
    rmdir --ignore-fail-on-non-empty $systemd_units/libvirtd.service.d 2>/dev/null || true
    systemctl daemon-reload
    systemctl -q try-restart libvirtd.service || true
}
