# The one table of long-running processes. Each row becomes a start script in
# /usr/local/libexec/nuri, which systemd units and runit services alike execute.
# shellcheck shell=bash

# Columns: name | group | started after | what it is | command
# Groups: engine (libvirt and OVN) and nuri (our own services).
processes() {
    local nuri="--config $NURI_ETC/nuri.toml" quiet="-vconsole:info -vsyslog:off -vfile:off"
    local ovn=$NURI_RUN/ovn ovs=$NURI_RUN/ovs data=$NURI_DATA
    cat <<EOF
nuri-ovn-nb|engine||OVN northbound database|ovsdb-server $quiet --unixctl=$ovn/nb.ctl --pidfile=$ovn/nb.pid --remote=punix:$ovn/nb.sock $data/ovn/nb.db
nuri-ovn-sb|engine||OVN southbound database|ovsdb-server $quiet --unixctl=$ovn/sb.ctl --pidfile=$ovn/sb.pid --remote=punix:$ovn/sb.sock $data/ovn/sb.db
nuri-ovn-northd|engine|nuri-ovn-nb nuri-ovn-sb|OVN northd|ovn-northd $quiet --unixctl=$ovn/northd.ctl --pidfile=$ovn/ovn-northd.pid --ovnnb-db=unix:$ovn/nb.sock --ovnsb-db=unix:$ovn/sb.sock
nuri-ovs-db|engine||Open vSwitch database|ovsdb-server $quiet --unixctl=$ovs/db.ctl --pidfile=$ovs/ovsdb-server.pid --remote=punix:$ovs/db.sock $data/ovs/conf.db
nuri-ovs-vswitchd|engine|nuri-ovs-db|Open vSwitch|ovs-vswitchd $quiet --pidfile=$ovs/ovs-vswitchd.pid --mlockall unix:$ovs/db.sock
nuri-ovn-controller|engine|nuri-ovs-vswitchd nuri-ovn-sb|OVN controller of this host|ovn-controller $quiet --pidfile=$ovn/ovn-controller.pid unix:$ovs/db.sock
nuri-uplink|engine|nuri-ovs-vswitchd|host address on the external bridge|$NURI_LIBEXEC/uplink br-ex $NURI_EXTERNAL_ADDRESS $NURI_MASQUERADE
nuri-virtlogd|engine||libvirt's log daemon|virtlogd
nuri-libvirtd|engine|nuri-virtlogd nuri-ovs-vswitchd|libvirt|libvirtd
nuri-identity|nuri||Nuri identity|$NURI_SBIN/nuri-identity $nuri
nuri-image|nuri|nuri-identity|Nuri image|$NURI_SBIN/nuri-image $nuri
nuri-network|nuri|nuri-identity nuri-ovn-nb|Nuri network|$NURI_SBIN/nuri-network $nuri
nuri-storage|nuri|nuri-identity|Nuri storage|$NURI_SBIN/nuri-storage $nuri
nuri-compute|nuri|nuri-identity|Nuri compute|$NURI_SBIN/nuri-compute $nuri
nuri-metering|nuri|nuri-identity|Nuri metering|$NURI_SBIN/nuri-metering $nuri
nuri-gateway|nuri|nuri-identity|Nuri gateway|$NURI_SBIN/nuri-gateway $nuri
nuri-agent|nuri|nuri-libvirtd nuri-compute nuri-network nuri-storage|Nuri agent of this host|$NURI_SBIN/nuri-agent $nuri
EOF
}

# Under systemd libvirt is Debian's own unit, to which we only add our PATH.
process_is_ours() {
    ! have_systemd || [[ $1 != nuri-virtlogd && $1 != nuri-libvirtd ]]
}

# process_names GROUP..: in the order of the table.
process_names() {
    local name group _
    while IFS='|' read -r name group _; do
        [[ " $* " != *" $group "* ]] || echo "$name"
    done < <(processes)
}

# process_each GROUP FUNCTION: FUNCTION NAME AFTER WHAT COMMAND for each row of the group.
process_each() {
    local wanted=$1 call=$2 name group after what command
    while IFS='|' read -r name group after what command <&3; do
        if [ "$group" = "$wanted" ] && process_is_ours "$name"; then
            "$call" "$name" "$after" "$what" "$command"
        fi
    done 3< <(processes)
}

# process_write_script NAME AFTER WHAT COMMAND
process_write_script() {
    install_text "$NURI_LIBEXEC/$1" 755 <<EOF
#!/bin/sh
# $3. Written by deploy/up from deploy/lib/processes.sh.
PATH=$NURI_BIN:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
OVS_RUNDIR=$NURI_RUN/ovs
OVN_RUNDIR=$NURI_RUN/ovn
export PATH OVS_RUNDIR OVN_RUNDIR
mkdir -p $NURI_RUN/ovn $NURI_RUN/ovs /run/libvirt
cd /
exec $4
EOF
}
