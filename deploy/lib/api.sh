# The cloud's API as its administrator, by curl: the openstack client takes 2 s for each call.
# shellcheck shell=bash

openrc=$NURI_ETC/admin-openrc.sh

openrc_write() {
    local password
    # shellcheck source=/dev/null
    password=$([ ! -f "$openrc" ] || (. "$openrc" && echo "${OS_PASSWORD:-}"))
    [ -n "$password" ] || password=$(openssl rand -base64 24 | tr -d '/+=')
    install_text "$openrc" 600 <<EOF
# The administrator of this cloud, for the openstack client:  . $openrc
export OS_AUTH_URL=$(gateway_url)/identity/v3
export OS_CACERT=$NURI_ETC/tls/ca.pem
export OS_USERNAME=admin
export OS_PASSWORD='$password'
export OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_NAME=Default
export OS_PROJECT_DOMAIN_NAME=Default
export OS_IDENTITY_API_VERSION=3
export OS_REGION_NAME=$(config_value cloud region RegionOne)
EOF
}

# The token is kept in a file, because most calls run in subshells; curl reads it from there,
# so that it is on no command line.
api_login() {
    # shellcheck source=/dev/null
    . "$openrc"
    api_header=$NURI_RUN/deploy-token
    local answer
    answer=$(jq -n '{auth: {identity: {methods: ["password"], password: {user: {
            name: env.OS_USERNAME, domain: {name: "Default"}, password: env.OS_PASSWORD}}},
            scope: {project: {name: env.OS_PROJECT_NAME, domain: {name: "Default"}}}}}' |
        curl -s -m 20 --cacert "$OS_CACERT" -H 'Content-Type: application/json' \
            --data-binary @- -D - -o /dev/null "$OS_AUTH_URL/auth/tokens") || return 1
    (umask 077 && grep -i '^x-subject-token:' <<<"$answer" | tr -d '\r' |
        sed 's/^[^:]*:/X-Auth-Token:/' >"$api_header")
    [ -s "$api_header" ]
}

# api METHOD PATH [JSON]: prints the answer's body; fails with it on stderr at a status of 400 up.
api() {
    local method=$1 path=$2 body=${3:-} answer status
    answer=$(curl -s -m 60 --cacert "$OS_CACERT" -X "$method" -H "@$api_header" \
        -H 'Content-Type: application/json' -w '\n%{http_code}' \
        ${body:+--data-binary "$body"} "$(gateway_url)$path") || return 1
    status=${answer##*$'\n'}
    answer=${answer%$'\n'*}
    if [ "$status" -ge 400 ]; then
        echo "$method $path: $status $answer" >&2
        return 1
    fi
    printf '%s\n' "$answer"
}

# api_id PATH COLLECTION NAME: the id of the one with this name, or nothing.
api_id() {
    api GET "$1" | jq -r --arg name "$3" "[.$2[] | select(.name == \$name)][0].id // empty"
}
