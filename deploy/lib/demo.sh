# deploy/up --demo: a server from nothing to its bill, each part with its time.
# What is there from an earlier run is used again.
# shellcheck shell=bash

demo_folder=$NURI_DATA/demo
demo_key=$demo_folder/id_ed25519

# client ARGUMENTS..: the openstack client, shown as a user would type it.
client() {
    echo "           \$ openstack $*"
    quietly openstack openstack "$@"
}

demo_keypair() {
    mkdir -p "$demo_folder"
    chmod 700 "$demo_folder"
    [ -f "$demo_key" ] || ssh-keygen -q -t ed25519 -N '' -C nuri-demo -f "$demo_key"
    api GET /compute/v2.1/os-keypairs | jq -e '.keypairs[].keypair | select(.name == "demo-key")' \
        >/dev/null || client keypair create --public-key "$demo_key.pub" demo-key
}

demo_network() {
    local network subnet router public
    network=$(api_id "/network/v2.0/networks?name=demo-net" networks demo-net)
    [ -n "$network" ] || network=$(api POST /network/v2.0/networks \
        '{"network": {"name": "demo-net"}}' | jq -r .network.id)
    subnet=$(api_id "/network/v2.0/subnets?network_id=$network" subnets demo-subnet)
    [ -n "$subnet" ] || subnet=$(api POST /network/v2.0/subnets "{\"subnet\": {
        \"network_id\": \"$network\", \"name\": \"demo-subnet\", \"ip_version\": 4,
        \"cidr\": \"10.20.0.0/24\"}}" | jq -r .subnet.id)
    public=$(api_id /network/v2.0/networks networks "$(config_value external name public)")
    router=$(api_id "/network/v2.0/routers?name=demo-router" routers demo-router)
    [ -n "$router" ] || router=$(api POST /network/v2.0/routers "{\"router\": {
        \"name\": \"demo-router\", \"external_gateway_info\": {\"network_id\": \"$public\"}}}" |
        jq -r .router.id)
    api GET "/network/v2.0/ports?device_id=$router" |
        jq -e --arg subnet "$subnet" '.ports[].fixed_ips[] | select(.subnet_id == $subnet)' \
            >/dev/null || api PUT "/network/v2.0/routers/$router/add_router_interface" \
        "{\"subnet_id\": \"$subnet\"}" >/dev/null
}

# demo_rule GROUP JSON: a rule that is there already is a conflict, and fine.
demo_rule() {
    local have
    have=$(api GET "/network/v2.0/security-group-rules?security_group_id=$1" |
        jq --argjson rule "$2" '[.security_group_rules[] | select(.direction == "ingress"
            and .protocol == $rule.protocol and .port_range_min == $rule.port_range_min
            and .remote_ip_prefix == $rule.remote_ip_prefix)] | length')
    [ "$have" != 0 ] || api POST /network/v2.0/security-group-rules "$(jq -n --arg group "$1" \
        --argjson rule "$2" '{security_group_rule: ($rule + {security_group_id: $group,
        direction: "ingress", ethertype: "IPv4"})}')" >/dev/null
}

demo_security() {
    local group
    group=$(api GET "/network/v2.0/security-groups?name=default" |
        jq -r --arg project "$(demo_project)" \
            '[.security_groups[] | select(.project_id == $project)][0].id')
    demo_rule "$group" '{"protocol": "tcp", "port_range_min": 22, "port_range_max": 22,
        "remote_ip_prefix": "0.0.0.0/0"}'
    demo_rule "$group" '{"protocol": "icmp", "port_range_min": null,
        "remote_ip_prefix": "0.0.0.0/0"}'
}

demo_project() {
    api GET "/network/v2.0/networks?name=demo-net" | jq -r '.networks[0].project_id'
}

demo_server_id() { api_id "/compute/v2.1/servers?name=demo-server" servers demo-server; }
demo_server_status() { api GET "/compute/v2.1/servers/$1" | jq -r .server.status; }

demo_server() {
    local id status=
    id=$(demo_server_id)
    [ -z "$id" ] || status=$(demo_server_status "$id")
    if [ "$status" = ERROR ]; then
        client server delete --wait demo-server
        id=
    elif [ "$status" = SHUTOFF ]; then
        client server start demo-server
    fi
    [ -n "$id" ] || client server create --image tiny --flavor m1.nano --network demo-net \
        --key-name demo-key demo-server
    server=$(demo_server_id)
    wait_until 180 "demo-server ACTIVE" demo_settled
    status=$(demo_server_status "$server")
    [ "$status" = ACTIVE ] || die "demo-server is $status: $(
        api GET "/compute/v2.1/servers/$server" | jq -c .server.fault)"
}

demo_settled() { [[ $(demo_server_status "$server") == @(ACTIVE|ERROR) ]]; }

demo_floating_ip() {
    local port
    port=$(api GET "/network/v2.0/ports?device_id=$server" | jq -r '.ports[0].id')
    address=$(api GET "/network/v2.0/floatingips?port_id=$port" |
        jq -r '.floatingips[0].floating_ip_address // empty')
    [ -n "$address" ] && return 0
    address=$(api GET /network/v2.0/floatingips | jq -r \
        '[.floatingips[] | select(.port_id == null and .description == "demo")][0]
         .floating_ip_address // empty')
    if [ -z "$address" ]; then
        client floating ip create --description demo "$(config_value external name public)"
        address=$(api GET /network/v2.0/floatingips | jq -r \
            '[.floatingips[] | select(.port_id == null and .description == "demo")][0]
             .floating_ip_address')
    fi
    client server add floating ip demo-server "$address"
}

demo_ssh() {
    timeout 30 ssh -n -i "$demo_key" -o StrictHostKeyChecking=no -o LogLevel=ERROR \
        -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 -o BatchMode=yes "debian@$address" "$@"
}

demo_volume() {
    local volume
    volume=$(api_id "/volume/v3/$(demo_project)/volumes/detail?name=demo-volume" volumes demo-volume)
    if [ -z "$volume" ]; then
        client volume create --size 1 demo-volume
        volume=$(api_id "/volume/v3/$(demo_project)/volumes/detail?name=demo-volume" \
            volumes demo-volume)
    fi
    wait_until 60 "demo-volume made" demo_volume_is "$volume" 'available|in-use'
    demo_volume_is "$volume" in-use || client server add volume demo-server demo-volume
    wait_until 60 "demo-volume attached" demo_volume_is "$volume" in-use
    wait_until 60 "the disk in the guest" demo_guest_has_disk
    demo_ssh lsblk -d -o NAME,SIZE,TYPE | sed 's/^/             /'
}

demo_volume_is() {
    api GET "/volume/v3/$(demo_project)/volumes/$1" |
        jq -e --arg wanted "^($2)\$" '.volume.status | test($wanted)' >/dev/null
}

# The second disk of one GiB: the volume.
demo_guest_has_disk() {
    [ "$(demo_ssh lsblk -d -n -b -o SIZE,TYPE | grep -c '^ *1073741824 disk')" = 2 ]
}

demo_run() {
    local from server address
    from=$(now_ms)
    say "demo: what costs what, from nothing to ssh"
    timed "demo: keypair" demo_keypair
    timed "demo: network, router, security group rules" demo_network
    demo_security
    timed "demo: server ACTIVE" demo_server
    timed "demo: floating ip" demo_floating_ip
    timed "demo: ssh answers at $address" wait_until 180 "ssh to $address" demo_ssh true
    say "demo: from the first call to ssh: $(seconds "$from") s"
    demo_ssh 'uname -sr; hostname; uptime' | sed 's/^/             /'
    timed "demo: volume attached and seen in the guest" demo_volume
    say "demo: cost of the server so far"
    api GET "/metering/v1/servers/$server/cost" | jq . | sed 's/^/             /'
    say "demo: ssh -i $demo_key debian@$address"
    say "demo: whole: $(seconds "$from") s"
}
