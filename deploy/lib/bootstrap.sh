# What a new cloud starts with: identity's first user, flavors and the small image.
# The external network is made by the network service itself, from [external] in nuri.toml.
# Each part looks first whether it is there.
# shellcheck shell=bash

bootstrap_identity() {
    local file=$NURI_RUN/bootstrap-password
    (umask 077 && : >"$file")
    # shellcheck source=/dev/null
    (. "$openrc" && printf '%s\n' "$OS_PASSWORD" >"$file")
    quietly identity-bootstrap "$NURI_SBIN/nuri-identity" bootstrap \
        --config "$NURI_ETC/nuri.toml" --password-file "$file"
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

external_network_exists() {
    [ "$(config_value external create true)" = false ] ||
        api GET '/network/v2.0/networks?router:external=true' | jq -e '.networks | length > 0'
}

bootstrap_cloud() {
    wait_until 30 "a token for admin" api_login
    wait_until 60 "nuri-agent's registration as a compute host" agent_registered
    bootstrap_flavors
    bootstrap_image
    wait_until 30 "the external network" external_network_exists
}
