# Shared by every script of deploy/: progress lines with times, waiting, running quietly.
# shellcheck shell=bash

NURI_ETC=/etc/nuri
NURI_DATA=/var/lib/nuri
NURI_RUN=/run/nuri
NURI_LOGS=/var/log/nuri
NURI_CACHE=/var/cache/nuri
NURI_OPT=/opt/nuri
NURI_BIN=$NURI_OPT/bin                   # wrappers of the OVS and OVN tools
NURI_LIBEXEC=/usr/local/libexec/nuri     # one start script for each process
NURI_SBIN=/usr/local/sbin
NURI_CONSOLE=/usr/local/share/nuri/console
NURI_DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
NURI_TOP=$(dirname "$NURI_DEPLOY")
NURI_OVN_VARIANT=
if [ -f $NURI_ETC/engines.env ]; then
    # What an earlier run chose for this host.
    # shellcheck source=/dev/null
    . $NURI_ETC/engines.env
fi
# NURI_PUBLIC_ADDRESS: under which others reach this machine, when the host itself does not know it.
: "${NURI_EXTERNAL_ADDRESS:=172.24.4.1/24}" "${NURI_MASQUERADE:=}" "${NURI_PUBLIC_ADDRESS:=}"

started_ms=${started_ms:-$(date +%s%3N)}

now_ms() { date +%s%3N; }

# seconds SINCE_MS: the time since then, in seconds with one decimal.
seconds() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

say() { printf '[%6s s] %s\n' "$(seconds "$started_ms")" "$*"; }
warn() { printf '[%6s s] warning: %s\n' "$(seconds "$started_ms")" "$*" >&2; }
die() {
    printf '[%6s s] error: %s\n' "$(seconds "$started_ms")" "$*" >&2
    exit 1
}

# timed WHAT COMMAND..: runs the command and says how long it took.
timed() {
    local what=$1 from
    shift
    from=$(now_ms)
    "$@"
    say "$what: $(seconds "$from") s"
}

# quietly LOGNAME COMMAND..: output into a log; its end is shown only when the command fails.
quietly() {
    local log=$NURI_LOGS/deploy/$1.log
    shift
    mkdir -p "$NURI_LOGS/deploy"
    chmod 700 "$NURI_LOGS/deploy" # a server's first password is in what the client prints
    # In the background, because bash ignores "set -e" below a condition.
    (set -e && "$@") >"$log" 2>&1 &
    if ! wait $!; then
        tail -n 30 "$log" >&2
        die "failed: $* (whole output in $log)"
    fi
}

# wait_until SECONDS WHAT COMMAND..: polls until the command succeeds, or gives up naming WHAT.
wait_until() {
    local limit=$1 what=$2 end
    shift 2
    end=$(($(now_ms) + limit * 1000))
    until "$@" >/dev/null 2>&1; do
        (($(now_ms) < end)) || die "$what: no answer within $limit s"
        sleep 0.2
    done
}

# A command that fails under "set -e" is named, and never ends a script in silence.
set -E
trap 'warn "failed in ${BASH_SOURCE[0]##*/}, line $LINENO: $BASH_COMMAND"' ERR

need_root() { [ "$(id -u)" = 0 ] || die "this needs root"; }

need_debian_12() {
    local id version
    # shellcheck source=/dev/null
    id=$(. /etc/os-release && echo "${ID:-}")
    # shellcheck source=/dev/null
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
    [ "$id $version" = "debian 12" ] || die "this is $id $version; Nuri installs on Debian 12"
}

# one_at_a_time: two runs at once would undo each other.
one_at_a_time() {
    exec 9>/run/lock/nuri-deploy.lock
    flock -w 600 9 || die "another deploy script has been running for 10 minutes"
}

# install_text FILE MODE: standard input into FILE, which is never seen half written.
install_text() {
    local file=$1 mode=$2 new
    mkdir -p "$(dirname "$file")"
    new=$(mktemp "$file.XXXXXX")
    cat >"$new"
    chmod "$mode" "$new"
    mv "$new" "$file"
}
