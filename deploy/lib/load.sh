# All of deploy/lib, in the order of need.
# shellcheck shell=bash
nuri_lib=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=common.sh
. "$nuri_lib/common.sh"
# shellcheck source=packages.sh
. "$nuri_lib/packages.sh"
# shellcheck source=debs.sh
. "$nuri_lib/debs.sh"
# shellcheck source=ovn_binaries.sh
. "$nuri_lib/ovn_binaries.sh"
# shellcheck source=processes.sh
. "$nuri_lib/processes.sh"
# shellcheck source=supervise.sh
. "$nuri_lib/supervise.sh"
# shellcheck source=supervise_runit.sh
. "$nuri_lib/supervise_runit.sh"
# shellcheck source=supervise_systemd.sh
. "$nuri_lib/supervise_systemd.sh"
# shellcheck source=engines.sh
. "$nuri_lib/engines.sh"
# shellcheck source=guests.sh
. "$nuri_lib/guests.sh"
# shellcheck source=build.sh
. "$nuri_lib/build.sh"
# shellcheck source=pki.sh
. "$nuri_lib/pki.sh"
# shellcheck source=config.sh
. "$nuri_lib/config.sh"
# shellcheck source=api.sh
. "$nuri_lib/api.sh"
# shellcheck source=services.sh
. "$nuri_lib/services.sh"
# shellcheck source=bootstrap.sh
. "$nuri_lib/bootstrap.sh"
# shellcheck source=demo.sh
. "$nuri_lib/demo.sh"
# shellcheck source=purge.sh
. "$nuri_lib/purge.sh"
