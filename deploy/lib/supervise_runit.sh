# The runit half of supervise.sh: services in /etc/nuri/sv under a runsvdir of our own.
# shellcheck shell=bash

runit_services=$NURI_ETC/sv

# runit_write_service NAME AFTER WHAT COMMAND: a new service waits (file "down") to be started.
runit_write_service() {
    local name=$1 service=$runit_services/$1 part=$NURI_ETC/sv.part/$1
    mkdir -p "$NURI_RUN/supervise" "$NURI_LOGS/$name"
    [ -d "$service" ] && return 0
    rm -rf "$part"
    mkdir -p "$part/log"
    printf '#!/bin/sh\nexec 2>&1\nexec %s\n' "$NURI_LIBEXEC/$name" >"$part/run"
    printf '#!/bin/sh\nexec svlogd -tt %s\n' "$NURI_LOGS/$name" >"$part/log/run"
    printf 's1000000\nn4\n' >"$NURI_LOGS/$name/config"
    chmod 755 "$part/run" "$part/log/run"
    ln -s "$NURI_RUN/supervise/$name" "$part/supervise"
    ln -s "$NURI_RUN/supervise/$name.log" "$part/log/supervise"
    : >"$part/down"
    mkdir -p "$runit_services"
    mv "$part" "$service"
}

runit_supervisor_pid() {
    local pid
    pid=$(cat $NURI_RUN/runsvdir.pid 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = runsvdir ] && echo "$pid"
}

runit_supervisor_up() {
    mkdir -p "$NURI_RUN/supervise"
    if ! runit_supervisor_pid >/dev/null; then
        # shellcheck disable=SC2016
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            setsid sh -c 'echo $$ >'$NURI_RUN/runsvdir.pid'; cd /; exec runsvdir -P '$runit_services \
            </dev/null >/dev/null 2>&1 9>&- &
    fi
    local service
    for service in "$runit_services"/*; do
        wait_until 15 "supervisor of $(basename "$service")" test -p "$service/supervise/ok"
    done
}

runit_start() {
    local name
    for name in "$@"; do
        [ -d "$runit_services/$name" ] || continue
        rm -f "$runit_services/$name/down"
        sv up "$runit_services/$name" >/dev/null || die "sv cannot start $name"
    done
}

runit_restart() {
    local name
    for name in "$@"; do
        [ -d "$runit_services/$name" ] || continue
        sv -w 20 force-restart "$runit_services/$name" >/dev/null || warn "$name: slow restart"
    done
}

runit_stop() {
    local name
    for name in "$@"; do
        [ -d "$runit_services/$name" ] || continue
        : >"$runit_services/$name/down"
        sv -w 20 force-stop "$runit_services/$name" >/dev/null 2>&1 || true
    done
    runit_running || runit_supervisor_down
}

runit_is_up() { sv status "$runit_services/$1" 2>/dev/null | grep -q '^run:'; }

runit_running() {
    local service
    for service in "$runit_services"/*; do
        [ -d "$service" ] && runit_is_up "$(basename "$service")" && return 0
    done
    return 1
}

# On HUP runsvdir ends and tells each runsv, which ends its service and log, and then itself.
runit_supervisor_down() {
    local pid service
    if pid=$(runit_supervisor_pid); then
        kill -HUP "$pid"
        wait_until 20 "end of runsvdir" sh -c "! kill -0 $pid"
    fi
    for service in "$runit_services"/*; do
        [ ! -p "$service/supervise/control" ] || sv -w 10 exit "$service" >/dev/null 2>&1 || true
        [ ! -p "$service/log/supervise/control" ] ||
            sv -w 10 exit "$service/log" >/dev/null 2>&1 || true
    done
    rm -rf $NURI_RUN/runsvdir.pid $NURI_RUN/supervise
}
