#!/bin/sh
# Keeps the host's address on the external bridge. In the user-space datapath the bridge is a
# tap of ovs-vswitchd: when that process is restarted, the tap is a new one without an address.
# usage: uplink BRIDGE ADDRESS/LENGTH [masquerade]
set -u
bridge=$1 address=$2 masquerade=${3:-}

ensure() {
    ip link show "$bridge" >/dev/null 2>&1 || return 0
    case $(ip -o -4 address show dev "$bridge") in
    *" $address "*) ;;
    *) ip address replace "$address" dev "$bridge" ;;
    esac
    case $(ip -o link show dev "$bridge") in
    *,UP* | *"<UP"*) ;;
    *) ip link set "$bridge" up ;;
    esac
    if [ "$masquerade" = masquerade ]; then
        sysctl -q -w net.ipv4.ip_forward=1
        iptables -w -t nat -C POSTROUTING -s "$address" ! -o "$bridge" -j MASQUERADE \
            -m comment --comment nuri 2>/dev/null ||
            iptables -w -t nat -A POSTROUTING -s "$address" ! -o "$bridge" -j MASQUERADE \
                -m comment --comment nuri
    fi
}

# The listener is up before the first look, so that no change falls between the two.
events=$(mktemp -u /run/nuri/uplink.XXXXXX)
mkfifo -m 600 "$events"
ip -o monitor link >"$events" &
monitor=$!
exec 3<"$events"
rm -f "$events"
trap 'kill "$monitor"; exit 0' TERM INT
ensure
while read -r line <&3; do
    case $line in *" $bridge:"*) ensure ;; esac
done
exit 1
