# What a new cloud starts with: identity's first user, flavors, the small image, the way out.
# Each part looks first whether it is there.
# shellcheck shell=bash

bootstrap_identity() {
    local file
    file=$(mktemp)
    # shellcheck source=/dev/null
    (. "$openrc" && printf '%s\n' "$OS_PASSWORD" >"$file")
    quietly identity-bootstrap "$NURI_SBIN/nuri-identity" --config "$NURI_ETC/nuri.toml" \
        bootstrap --password-file "$file"
    rm -f "$file"
}

bootstrap_flavors() {
    local have id name vcpus ram disk
    have=$(api GET /compute/v2.1/flavors?is_public=None | jq -r '.flavors[].name')
    while read -r id name vcpus ram disk; do
        grep -qx "$name" <<<"$have" && continue
        api POST /compute/v2.1/flavors "$(jq -n --arg id "$id" --arg name "$name" \
            --argjson vcpus "$vcpus" --argjson ram "$ram" --argjson disk "$disk" \
            '{flavor: {id: $id, name: $name, vcpus: $vcpus, ram: $ram, disk: $disk}}')" >/dev/null
    done <<EOF
42 m1.nano 1 128 1
1 m1.tiny 1 512 1
2 m1.small 1 2048 20
3 m1.medium 2 4096 40
EOF
}

bootstrap_image() {
    local id file=$NURI_CACHE/images/tiny.qcow2 status
    id=$(api_id "/image/v2/images?name=tiny" images tiny)
    if [ -n "$id" ]; then
        [ "$(api GET "/image/v2/images/$id" | jq -r .status)" != active ] || return 0
        api DELETE "/image/v2/images/$id" >/dev/null
    fi
    id=$(api POST /image/v2/images '{"name": "tiny", "disk_format": "qcow2",
        "container_format": "bare", "visibility": "public", "min_disk": 1, "min_ram": 96}' |
        jq -r .id)
    status=$(curl -s -m 300 --cacert "$OS_CACERT" -X PUT -H "@$api_header" -o /dev/stderr \
        -H 'Content-Type: application/octet-stream' -w '%{http_code}' -T "$file" \
        "$(gateway_url)/image/v2/images/$id/file")
    [ "$status" = 204 ] || die "the image's upload was answered with $status"
}

bootstrap_external_network() {
    local name network pool
    name=$(config_value external name public)
    network=$(api_id "/network/v2.0/networks?name=$name" networks "$name")
    if [ -z "$network" ]; then
        network=$(api POST /network/v2.0/networks "$(jq -n --arg name "$name" \
            --arg physical "$(config_value external physical_network physnet1)" \
            '{network: {name: $name, "router:external": true,
              "provider:network_type": "flat", "provider:physical_network": $physical}}')" |
            jq -r .network.id)
    fi
    [ -z "$(api_id "/network/v2.0/subnets?network_id=$network" subnets "$name-subnet")" ] || return 0
    pool=$(config_value external pool 172.24.4.10-172.24.4.250)
    api POST /network/v2.0/subnets "$(jq -n --arg network "$network" --arg name "$name-subnet" \
        --arg cidr "$(config_value external cidr 172.24.4.0/24)" \
        --arg gateway "$(config_value external gateway 172.24.4.1)" \
        --arg first "${pool%-*}" --arg last "${pool#*-}" \
        '{subnet: {network_id: $network, name: $name, ip_version: 4, cidr: $cidr,
          gateway_ip: $gateway, enable_dhcp: false,
          allocation_pools: [{start: $first, end: $last}]}}')" >/dev/null
}

bootstrap_cloud() {
    wait_until 30 "a token for admin" api_login
    wait_until 60 "nuri-agent's registration as a compute host" agent_registered
    bootstrap_flavors
    bootstrap_image
    bootstrap_external_network
}
