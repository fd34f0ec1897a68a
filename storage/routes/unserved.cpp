#include "storage/routes/handlers.h"

// What Cinder has and this cloud does not. There are none of these, so lists are empty (clients
// look at them before they delete a project, for instance); making one is refused with a word why.
namespace nuri::storage {

namespace {

Result<Response> none(const char* member) {
  return Response::json(200, Json::object({{member, Json::array()}}));
}

Error refused(const std::string& what, const std::string& instead) {
  return bad_request(what + " are not served by this cloud: " + instead + ".");
}

}  // namespace

Result<Response> no_backups(Service&, const Request&, Context&) { return none("backups"); }
Result<Response> no_groups(Service&, const Request&, Context&) { return none("groups"); }
Result<Response> no_group_types(Service&, const Request&, Context&) { return none("group_types"); }
Result<Response> no_qos(Service&, const Request&, Context&) { return none("qos_specs"); }
Result<Response> no_clusters(Service&, const Request&, Context&) { return none("clusters"); }
Result<Response> no_cgsnapshots(Service&, const Request&, Context&) { return none("cgsnapshots"); }
Result<Response> no_group_snapshots(Service&, const Request&, Context&) {
  return none("group_snapshots");
}
Result<Response> no_consistency_groups(Service&, const Request&, Context&) {
  return none("consistencygroups");
}

Result<Response> refuse_backups(Service&, const Request&, Context&) {
  return refused("Volume backups", "upload the volume to an image, or keep snapshots");
}

Result<Response> refuse_groups(Service&, const Request&, Context&) {
  return refused("Volume groups and consistency groups", "snapshot each volume");
}

Result<Response> refuse_qos(Service&, const Request&, Context&) {
  return refused("QoS specs of volume types", "volumes have no limits of their own");
}

Result<Response> refuse_manage(Service&, const Request&, Context&) {
  return refused("Volumes and snapshots made elsewhere", "make one from an image of the data");
}

}  // namespace nuri::storage
