# All of deploy/lib, in the order of need.
# shellcheck shell=bash
nuri_lib=$(dirname "${BASH_SOURCE[0]}")
for part in common packages debs ovn_binaries processes supervise supervise_runit \
    supervise_systemd engines guests; do
    # shellcheck source=/dev/null
    . "$nuri_lib/$part.sh"
done
unset part nuri_lib
