# /etc/nuri/nuri.toml: written once; from then on it is the administrator's file.
# shellcheck shell=bash

# kvm_works: KVM can be offered and yet not carry a guest (nested, emulated), so it is tried:
# the small guest has to reach its first mark. Asked once for a host.
kvm_works() {
    local console=$NURI_RUN/kvm-probe.log pid answer=no end
    [ -w /dev/kvm ] || return 1
    if [ ! -f "$NURI_ETC/kvm" ]; then
        qemu-system-x86_64 -accel kvm -m 128 -nodefaults -display none -serial "file:$console" \
            -drive "file=$NURI_CACHE/images/tiny.qcow2,if=virtio,snapshot=on" -no-reboot \
            >/dev/null 2>"$console.err" &
        pid=$!
        end=$(($(now_ms) + 15000))
        while kill -0 "$pid" 2>/dev/null && (($(now_ms) < end)); do
            grep -q 'internal error\|failed' "$console.err" && break
            grep -qa nuri-guest: "$console" 2>/dev/null && answer=yes && break
            sleep 0.2
        done
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        rm -f "$console" "$console.err"
        echo $answer >"$NURI_ETC/kvm"
    fi
    [ "$(cat "$NURI_ETC/kvm")" = yes ]
}

# The host's resolvers, as far as a guest could reach them.
config_dns() {
    awk '$1 == "nameserver" && $2 ~ /^[0-9.]+$/ && $2 !~ /^127\./ {
        printf "%s\"%s\"", (n++ ? ", " : ""), $2 }' /etc/resolv.conf
}

config_write() {
    local virt_type=qemu base
    [ ! -f "$NURI_ETC/nuri.toml" ] || return 0
    ! kvm_works || virt_type=kvm
    base=${NURI_EXTERNAL_ADDRESS%.*}
    install_text "$NURI_ETC/nuri.toml" 644 <<EOF
# Settings of this host's Nuri. Each key may be left out; after a change: deploy/up --no-build

[cloud]
region = "RegionOne"

[paths]
data = "$NURI_DATA"
keys = "$NURI_ETC/keys"
log = "$NURI_LOGS"
run = "$NURI_RUN"

[gateway]
listen = "0.0.0.0"
port = 8443
certificate = "$NURI_ETC/tls/server.pem"
key = "$NURI_ETC/tls/server.key"
console = "$NURI_CONSOLE"

[services]
identity = "http://127.0.0.1:9701"
image = "http://127.0.0.1:9702"
compute = "http://127.0.0.1:9703"
storage = "http://127.0.0.1:9704"
network = "http://127.0.0.1:9705"
metering = "http://127.0.0.1:9706"

[ovn]
northbound = "unix:$NURI_RUN/ovn/nb.sock"
southbound = "unix:$NURI_RUN/ovn/sb.sock"

[network]
driver = "ovn"
mtu = 1442
dns = [$(config_dns)]

[external]
name = "public"
physical_network = "physnet1"
cidr = "$base.0/24"
gateway = "${NURI_EXTERNAL_ADDRESS%/*}"
pool = "$base.10-$base.250"

[agent]
host = "$(hostname)"
zone = "nova"
driver = "libvirt"
libvirt_uri = "qemu:///system"
# kvm, or qemu (emulation) where a guest was seen not to boot under KVM.
virt_type = "$virt_type"
ovs_vsctl = "$NURI_BIN/ovs-vsctl"

[metering]
currency = "USD"
EOF
}

# config_value SECTION KEY FALLBACK
config_value() {
    awk -v section="[$1]" -v key="$2" -v fallback="$3" '
        /^\[/ { inside = ($0 == section) }
        inside && $1 == key && $2 == "=" {
            value = substr($0, index($0, "=") + 1); gsub(/^[ "]+|[" ]+$/, "", value); found = 1; exit }
        END { print found ? value : fallback }' "$NURI_ETC/nuri.toml"
}
