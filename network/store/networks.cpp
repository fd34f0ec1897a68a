#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/work.h"

namespace nuri::network {

namespace {

Status admin_for(Work& w, bool wanted, const char* field) {
  if (!wanted || w.caller.admin) return {};
  return forbidden(std::string("Policy does not allow the attribute ") + field +
                   " to be set by other than an administrator.");
}

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
  TRYV(admin_for(w, n.shared, "shared"));
  TRYV(admin_for(w, n.external, "router:external"));
  TRYV(admin_for(w, n.is_default, "is_default"));
  for (const char* field :
       {"provider:network_type", "provider:physical_network", "provider:segmentation_id"}) {
    TRYV(admin_for(w, !body[field].is_null(), field));
  }
  TRYV(check_provider(n));
  TRYV(check_segment_free(w, n));
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
  return n;
}

Result<Network> update_network(Work& w, Network row, const Json& body) {
  TRYV(must_own(w, row, "update_network"));
  Network next = row;
  TRYV(kNetworkUpdate.update(next, body));
  TRYV(admin_for(w, next.shared != row.shared, "shared"));
  TRYV(admin_for(w, next.external != row.external, "router:external"));
  TRYV(admin_for(w, next.is_default != row.is_default, "is_default"));
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
  if (row.shared && !next.shared &&
      w.s.count("SELECT COUNT(*) FROM ports WHERE network_id = ?1 AND project_id <> ?2 AND "
                "device_owner NOT LIKE "
                "'network:%'",
                {row.id, row.project_id}) > 0) {
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
  if (w.s.count("SELECT COUNT(*) FROM ports WHERE network_id = ?1 AND device_owner <> ?2",
                {row.id, kOwnerMetadata}) > 0) {
    return neutron_error_of(ErrorCode::conflict, "NetworkInUse",
                            "Unable to complete operation on network " + row.id +
                                ". There are one or more ports still in use on the network.");
  }
  for (const Port& p : load(w.s, ports(), "network_id = ?1", {row.id})) erase_port(w, p);
  w.s.exec("DELETE FROM subnets WHERE network_id = ?1", {row.id});
  networks().erase(w.s, row.id);
  return {};
}

}  // namespace nuri::network
