# Keeping processes running: systemd where it is PID 1, else our own runsvdir.
# Both know the same verbs; a name is a row of the table in processes.sh.
# shellcheck shell=bash

# supervise_render GROUP: start scripts and units or service folders for a group's rows.
supervise_render() {
    process_each "$1" process_write_script
    if have_systemd; then
        process_each "$1" systemd_write_unit
        systemd_write_common
        systemctl daemon-reload
    else
        process_each "$1" runit_write_service
        runit_supervisor_up
    fi
}

supervise_start() {
    if have_systemd; then systemd_start "$@"; else runit_start "$@"; fi
}

# supervise_restart NAME..: for programs or settings that changed.
supervise_restart() {
    if have_systemd; then systemctl restart "$@"; else runit_restart "$@"; fi
}

# supervise_stop GROUP..: in the table's reverse order, agent first and databases last.
supervise_stop() {
    local names
    mapfile -t names < <(process_names "$@" | tac)
    if have_systemd; then systemd_stop "${names[@]}"; else runit_stop "${names[@]}"; fi
}

supervise_is_up() {
    if have_systemd; then systemctl -q is-active "$1.service"; else runit_is_up "$1"; fi
}
