# libvirt and OVN on this host: databases, bridges, and waiting until they really answer.
# shellcheck shell=bash

engines_databases="nuri-ovn-nb nuri-ovn-sb nuri-ovs-db"

engine_database() {
    local file=$1 schema=$ovn_folder/share/$2
    if [ ! -f "$file" ]; then
        ovsdb-tool create "$file" "$schema"
    elif [ "$(ovsdb-tool needs-conversion "$file" "$schema")" = yes ]; then
        ovsdb-tool convert "$file" "$schema"
    fi
}

# What udev's rule does, where no udev runs. libvirtd probes QEMU as root, runs it as libvirt-qemu: a
# device that only one of them can open makes it throw away what it learned of QEMU (seconds to
# probe) at every look, several a server.
engine_kvm_device() {
    [ ! -c /dev/kvm ] || setpriv --reuid libvirt-qemu --regid kvm --clear-groups \
        test -r /dev/kvm -a -w /dev/kvm || { chgrp kvm /dev/kvm && chmod g+rw /dev/kvm; }
}

engines_prepare() {
    engine_kvm_device
    mkdir -p $NURI_DATA/ovn $NURI_DATA/ovs $NURI_RUN/ovn $NURI_RUN/ovs $NURI_LOGS
    # QEMU does not run as root: it must get to its disks through this folder.
    chmod 711 $NURI_DATA
    chmod 700 $NURI_DATA/ovn $NURI_DATA/ovs
    if ! supervise_is_up nuri-ovs-db; then
        engine_database $NURI_DATA/ovn/nb.db ovn-nb.ovsschema
        engine_database $NURI_DATA/ovn/sb.db ovn-sb.ovsschema
        engine_database $NURI_DATA/ovs/conf.db vswitch.ovsschema
    fi
    install -D -m 755 "$NURI_DEPLOY/lib/uplink.sh" $NURI_LIBEXEC/uplink
}

engines_configure() {
    local host datapath tso=()
    host=$(hostname)
    datapath=$(ovn_datapath "$NURI_OVN_VARIANT")
    # Without it TCP hangs between virtio or veth ports of the user-space datapath.
    [ "$datapath" = system ] || tso=(other_config:userspace-tso-enable=true)
    ovn-nbctl init
    ovn-sbctl init
    ovs-vsctl --no-wait init
    ovs-vsctl --no-wait set Open_vSwitch . \
        external_ids:system-id="$host" external_ids:hostname="$host" \
        external_ids:ovn-remote=unix:$NURI_RUN/ovn/sb.sock \
        external_ids:ovn-encap-type=geneve external_ids:ovn-encap-ip=127.0.0.1 \
        external_ids:ovn-bridge-datapath-type="$datapath" \
        external_ids:ovn-bridge-mappings=physnet1:br-ex \
        external_ids:ovn-openflow-probe-interval=0 "${tso[@]}"
    ovs-vsctl --no-wait --may-exist add-br br-ex -- \
        set Bridge br-ex datapath_type="$datapath" fail-mode=standalone
}

host_has_external_address() {
    ip -o -4 address show dev br-ex | grep -q " $NURI_EXTERNAL_ADDRESS "
}
chassis_registered() {
    [ "$(ovn-sbctl --bare --columns=name list Chassis "$(hostname)")" = "$(hostname)" ]
}
br_int_connected() { ovs-vsctl br-exists br-int && ip link show br-int; }
# One that asks while libvirtd starts may wait for ever.
libvirt_answers() { timeout 5 virsh -q -c qemu:///system version; }

engines_up() {
    local rest=() name
    ovn_install
    PATH=$NURI_BIN:$PATH
    engines_prepare
    supervise_render engine
    # shellcheck disable=SC2086
    supervise_start $engines_databases
    wait_until 20 "OVN northbound database" ovn-nbctl --timeout=2 get-connection
    wait_until 20 "OVN southbound database" ovn-sbctl --timeout=2 get-connection
    wait_until 20 "Open vSwitch database" ovs-vsctl --timeout=2 --no-wait get-manager
    engines_configure
    for name in $(process_names engine); do
        [[ " $engines_databases " == *" $name "* ]] || rest+=("$name")
    done
    supervise_start "${rest[@]}"
    wait_until 30 "Open vSwitch" ovs-appctl -t ovs-vswitchd version
    wait_until 30 "OVN controller (bridge br-int)" br_int_connected
    wait_until 30 "this host in OVN's southbound database" chassis_registered
    wait_until 30 "the host's address on br-ex" host_has_external_address
    wait_until 90 "libvirt" libvirt_answers
}

engines_down() {
    supervise_stop engine
}
