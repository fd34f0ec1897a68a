# Which build of OVS and OVN this host uses, and the wrappers through which everything calls it.
#
# kernel:  the host's kernel has the openvswitch module: Debian 12's packages, kernel datapath.
# bundled: it has not: Debian 13's build in the user-space datapath (12's aborts there when NAT
#          meets a reused 5-tuple), kept in /opt/nuri/ovn and run through its own loader.
# shellcheck shell=bash

ovn_folder=$NURI_OPT/ovn
ovn_tools="ovs-vsctl ovs-ofctl ovs-appctl ovs-dpctl ovsdb-client ovsdb-tool ovsdb-server
    ovs-vswitchd ovn-nbctl ovn-sbctl ovn-appctl ovn-trace ovn-northd ovn-controller"

kernel_has_openvswitch() {
    [ -d /sys/module/openvswitch ] || modprobe -q openvswitch 2>/dev/null
}

# Two daemons cannot share the kernel's datapath, so a host that already runs its own
# ovs-vswitchd keeps it, and we go beside it in user space.
other_vswitchd_runs() { [ -S /run/openvswitch/db.sock ] && pidof ovs-vswitchd >/dev/null; }

ovn_variant() {
    if [ -n "$NURI_OVN_VARIANT" ]; then
        echo "$NURI_OVN_VARIANT"
    elif kernel_has_openvswitch && ! other_vswitchd_runs; then
        echo kernel
    else
        echo bundled
    fi
}

ovn_datapath() { if [ "$1" = kernel ]; then echo system; else echo netdev; fi; }

# ovn_fetch_bundle: only the programs, the libraries they load and the database schemas are kept.
ovn_fetch_bundle() {
    local work=$NURI_CACHE/ovn-unpacked part=$ovn_folder.part tool file programs=()
    rm -rf "$work" "$part"
    debs_unpack trixie "$work" openvswitch-switch ovn-central ovn-host
    debs_merge_usr "$work"
    mkdir -p "$part"/{bin,lib,share}
    for tool in $ovn_tools; do
        for file in "$work"/usr/lib/openvswitch-switch/"$tool" "$work"/usr/sbin/"$tool" \
            "$work"/usr/bin/"$tool"; do
            [ -f "$file" ] && [ ! -L "$file" ] && break
        done
        programs+=("$file")
        install -m 755 "$file" "$part/bin/$tool"
    done
    debs_libraries "$work" "${programs[@]}" | while read -r file; do
        cp -L "$file" "$part/lib/"
    done
    cp -L "$(debs_loader "$work")" "$part/lib/ld-linux-x86-64.so.2"
    cp "$work"/usr/share/ovn/ovn-{nb,sb}.ovsschema \
        "$work"/usr/share/openvswitch/vswitch.ovsschema "$part/share/"
    rm -rf "$work" "$ovn_folder"
    mv "$part" "$ovn_folder"
}

ovn_install_packages() {
    packages_install openvswitch-switch ovn-central ovn-host
    mkdir -p $ovn_folder/share
    cp /usr/share/ovn/ovn-{nb,sb}.ovsschema /usr/share/openvswitch/vswitch.ovsschema \
        $ovn_folder/share/
    if have_systemd; then
        # Nuri runs these programs itself, with its own databases.
        systemctl -q disable --now openvswitch-switch ovn-central ovn-host 2>/dev/null || true
    fi
}

ovn_write_wrappers() {
    local variant=$1 tool start
    for tool in $ovn_tools; do
        if [ "$variant" = kernel ]; then
            start="exec $(PATH=/usr/sbin:/usr/bin command -v "$tool")"
        else
            start="exec $ovn_folder/lib/ld-linux-x86-64.so.2 --argv0 $tool"
            start+=" --library-path $ovn_folder/lib $ovn_folder/bin/$tool"
        fi
        install_text "$NURI_BIN/$tool" 755 <<EOF
#!/bin/sh
# $tool of this host's Nuri, on Nuri's own databases unless the environment names others.
: "\${OVS_RUNDIR:=$NURI_RUN/ovs}" "\${OVN_RUNDIR:=$NURI_RUN/ovn}"
: "\${OVN_NB_DB:=unix:$NURI_RUN/ovn/nb.sock}" "\${OVN_SB_DB:=unix:$NURI_RUN/ovn/sb.sock}"
export OVS_RUNDIR OVN_RUNDIR OVN_NB_DB OVN_SB_DB
$start "\$@"
EOF
    done
}

# ovn_install: the binaries, the wrappers, and the choice written down for later runs.
ovn_install() {
    local variant
    variant=$(ovn_variant)
    if [ "$variant" = kernel ]; then
        [ -d "$ovn_folder/share" ] || ovn_install_packages
    elif [ ! -x $ovn_folder/bin/ovs-vswitchd ]; then
        timed "OVN of Debian 13 for the user-space datapath" quietly ovn-bundle ovn_fetch_bundle
    fi
    ovn_write_wrappers "$variant"
    install_text $NURI_ETC/engines.env 644 <<EOF
NURI_OVN_VARIANT=$variant
NURI_EXTERNAL_ADDRESS=$NURI_EXTERNAL_ADDRESS
NURI_MASQUERADE=$NURI_MASQUERADE
NURI_PUBLIC_ADDRESS=$NURI_PUBLIC_ADDRESS
EOF
    NURI_OVN_VARIANT=$variant
}
