# Our own processes: started, and waited for until each answers through the gateway.
# shellcheck shell=bash

service_paths="identity image compute/v2.1 volume network metering"

gateway_url() { echo "https://127.0.0.1:$(config_value gateway port 8443)"; }

# answers PATH: any answer of the service itself counts, also "choose a version" (300).
answers() {
    local status
    status=$(curl -s -o /dev/null -m 3 -w '%{http_code}' --cacert "$NURI_ETC/tls/ca.pem" \
        "$(gateway_url)/$1/")
    [[ $status == 200 || $status == 300 || $status == 401 ]]
}

agent_registered() {
    api GET "/compute/v2.1/os-services?binary=nova-compute" |
        jq -e --arg host "$(config_value agent host "$(hostname)")" \
            '.services[] | select(.host == $host and .state == "up")'
}

services_up() {
    local path changed=()
    mkdir -p "$NURI_DATA" "$NURI_LOGS"
    supervise_render nuri
    # shellcheck disable=SC2046
    supervise_start $(process_names nuri)
    mapfile -t changed < <(services_to_restart)
    [ ${#changed[@]} = 0 ] || supervise_restart "${changed[@]}"
    for path in $service_paths; do
        wait_until 60 "${path%%/*} through the gateway" answers "$path"
    done
    say "all services answer through the gateway"
}

# services_to_restart: those that ran before this deploy changed their program or settings.
services_to_restart() {
    local name stamp=$NURI_RUN/settings.sum sum
    sum=$(cat "$NURI_ETC/nuri.toml" "$NURI_ETC/tls/server.pem" "$NURI_ETC/keys/service.key" |
        sha256sum)
    if [ -f "$stamp" ]; then
        if [ "$(cat "$stamp")" != "$sum" ]; then
            process_names nuri
        else
            for name in "${programs_changed[@]}"; do echo "$name"; done
        fi
    fi
    echo "$sum" >"$stamp"
}
