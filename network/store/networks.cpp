#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/policy.h"

namespace nuri::network {

namespace {

Status check_provider(const Network& n) {
  bool physical = n.network_type != "geneve";
  if (physical && n.physical_network.empty()) {
    return neutron_error_of(ErrorCode::bad_request, "InvalidInput",
                            "Invalid input for operation: physical_network "
                            "required for " +
                                n.network_type + " provider network.",
                            "provider:physical_network");
  }
  if (!physical && !n.physical_network.empty()) {
    return neutron_error_of(ErrorCode::bad_request, "InvalidInput",
                            "Invalid input for operation: "
                            "provider:physical_network specified for geneve network.",
                            "provider:physical_network");
  }
  if (n.network_type == "vlan" && !n.segmentation_id) {
    return bad_request("provider:segmentation_id (1 to 4094) is required for a vlan network.",
                       "provider:segmentation_id");
  }
  if (n.network_type == "flat" && n.segmentation_id) {
    return bad_request("provider:segmentation_id is not allowed for a flat network.",
                       "provider:segmentation_id");
  }
  return {};
}

// One external network is the default, as auto-selection needs it.
Status check_default(Work& w, const Network& n) {
  if (!n.is_default ||
      w.s.count("SELECT COUNT(*) FROM networks WHERE is_default = 1 AND id <> ?1", {n.id}) == 0)
    return {};
  return neutron_error_of(ErrorCode::conflict, "DefaultExternalNetworkExists",
                          "A default external network already exists.");
}

// One network on a physical network and VLAN.
Status check_segment_free(Work& w, const Network& n) {
  if (n.physical_network.empty()) return {};
  int64_t taken = w.s.count(
      "SELECT COUNT(*) FROM networks WHERE physical_network = ?1 AND COALESCE(segmentation_id, 0) "
      "= ?2",
      {n.physical_network, n.segmentation_id.value_or(0)});
  if (taken == 0) return {};
  return neutron_error_of(
      ErrorCode::conflict, n.network_type == "flat" ? "FlatNetworkInUse" : "VlanIdInUse",
      "Unable to create the network. The physical network " + n.physical_network + " is in use.");
}

}  // namespace

Result<Network> create_network(Work& w, const Json& body) {
  Network n = TRY(kNetworkCreate.read(body));
  TRYV(begin(w, n, body));
  TRYV(may_set(w.caller, "network", "shared", n.shared));
  TRYV(may_set(w.caller, "network", "router:external", n.external));
  TRYV(may_set(w.caller, "network", "is_default", n.is_default));
  for (const char* field :
       {"provider:network_type", "provider:physical_network", "provider:segmentation_id"}) {
    TRYV(may_set(w.caller, "network", field, !body[field].is_null()));
  }
  TRYV(check_provider(n));
  TRYV(check_zones(n.zone_hints));
  TRYV(check_segment_free(w, n));
  TRYV(check_default(w, n));
  TRYV(check_quota(w, n.project_id, "network"));
  if (n.network_type == "geneve") {
    // Any number unused by another: OVN hands out its own tunnel keys.
    n.segmentation_id =
        1 +
        w.s.count(
            "SELECT COALESCE(MAX(segmentation_id), 0) FROM networks WHERE network_type = 'geneve'");
  }
  if (n.mtu == 0) n.mtu = n.network_type == "geneve" ? w.settings.mtu : w.settings.external_mtu;
  networks().insert(w.s, n);
  if (n.shared) share_with_all(w, n, "network", kShared);
  if (n.external) share_with_all(w, n, "network", kExternal);
  return n;
}

Result<Network> update_network(Work& w, Network row, const Json& body) {
  TRYV(must_own(w, row, "update_network"));
  Network next = row;
  TRYV(kNetworkUpdate.update(next, body));
  TRYV(may_set(w.caller, "network", "shared", next.shared != row.shared));
  TRYV(may_set(w.caller, "network", "router:external", next.external != row.external));
  TRYV(may_set(w.caller, "network", "is_default", next.is_default != row.is_default));
  TRYV(check_default(w, next));
  if (row.external && !next.external &&
      w.s.count("SELECT COUNT(*) FROM ports WHERE network_id = ?1 AND device_owner IN "
                "('network:router_gateway', "
                "'network:floatingip')",
                {row.id}) > 0) {
    return neutron_error_of(
        ErrorCode::conflict, "ExternalNetworkInUse",
        "External network " + row.id +
            " cannot be updated to be made non-external, since it has existing gateway ports.");
  }
  RbacPolicy for_all;
  for_all.project_id = row.project_id;
  for_all.object_type = "network";
  for_all.object_id = row.id;
  for_all.action = kShared;
  for_all.target = "*";
  if (row.shared && !next.shared) unshare_with_all(w, row.id, kShared);
  if (row.external && !next.external) unshare_with_all(w, row.id, kExternal);
  if (!row.shared && next.shared) share_with_all(w, row, "network", kShared);
  if (!row.external && next.external) share_with_all(w, row, "network", kExternal);
  if (row.shared && !next.shared && used_by_others(w, for_all)) {
    return neutron_error_of(ErrorCode::conflict, "InvalidSharedSetting",
                            "Unable to reconfigure sharing settings for network " + row.id +
                                ". Multiple projects are using it.");
  }
  if (next.mtu == 0)
    next.mtu = next.network_type == "geneve" ? w.settings.mtu : w.settings.external_mtu;
  touch(w, next);
  networks().update(w.s, next);
  return next;
}

Status delete_network(Work& w, const Network& row) {
  TRYV(must_own(w, row, "delete_network"));
  // Floating IPs that lead nowhere go with their network, as its metadata port does.
  if (w.s.count("SELECT COUNT(*) FROM ports WHERE network_id = ?1 AND device_owner <> ?2 AND NOT "
                "(device_owner = ?3 AND EXISTS (SELECT 1 FROM floating_ips f WHERE "
                "f.own_port_id = ports.id AND f.port_id IS NULL))",
                {row.id, kOwnerMetadata, kOwnerFloatingIp}) > 0) {
    return neutron_error_of(ErrorCode::conflict, "NetworkInUse",
                            "Unable to complete operation on network " + row.id +
                                ". There are one or more ports still in use on the network.");
  }
  for (const FloatingIp& f : floating_ips().where(w.s, "network_id = ?1", {row.id}))
    TRYV(delete_floating_ip(w, f));
  for (const Port& p : load(w.s, ports(), "network_id = ?1", {row.id})) erase_port(w, p);
  for (const Subnet& s : subnets().where(w.s, "network_id = ?1", {row.id}))
    subnets().erase(w.s, s.id);
  drop_policies(w, row.id);
  networks().erase(w.s, row.id);
  return {};
}

}  // namespace nuri::network
