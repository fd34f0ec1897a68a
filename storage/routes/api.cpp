#include "storage/routes/api.h"

#include "storage/routes/handlers.h"

// Which route leads to which handler, and who may take it: the one table of roles.
namespace nuri::storage {

namespace {

struct Entry {
  const char *method, *path;
  Access access;
  HandlerFn* run;
  int since = 0;  // served from this microversion on
};

constexpr Access kReader = Access::reader, kMember = Access::member, kAdmin = Access::admin;

// Below /v3/{project_id}.
const Entry kVolumes[] = {
    {"POST", "/volumes", kMember, create_volume},
    {"GET", "/volumes", kReader, list_volumes},
    {"PUT", "/volumes", kMember, no_id},
    {"DELETE", "/volumes", kMember, no_id},
    {"GET", "/volumes/detail", kReader, list_volumes_detail},
    {"GET", "/volumes/summary", kReader, volume_summary, 12},
    {"GET", "/volumes/{id}", kReader, show_volume},
    {"PUT", "/volumes/{id}", kMember, update_volume},
    {"DELETE", "/volumes/{id}", kMember, delete_volume},
    {"POST", "/volumes/{id}/action", kMember, volume_action},
    {"GET", "/volumes/{id}/metadata", kReader, get_volume_metadata},
    {"POST", "/volumes/{id}/metadata", kMember, add_volume_metadata},
    {"PUT", "/volumes/{id}/metadata", kMember, set_volume_metadata},
    {"GET", "/volumes/{id}/metadata/{key}", kReader, get_volume_metadata_item},
    {"PUT", "/volumes/{id}/metadata/{key}", kMember, set_volume_metadata_item},
    {"DELETE", "/volumes/{id}/metadata/{key}", kMember, remove_volume_metadata_item},
    {"POST", "/snapshots", kMember, create_snapshot},
    {"GET", "/snapshots", kReader, list_snapshots},
    {"GET", "/snapshots/detail", kReader, list_snapshots_detail},
    {"GET", "/snapshots/{id}", kReader, show_snapshot},
    {"PUT", "/snapshots/{id}", kMember, update_snapshot},
    {"DELETE", "/snapshots/{id}", kMember, delete_snapshot},
    {"POST", "/snapshots/{id}/action", kMember, snapshot_action},
    {"GET", "/snapshots/{id}/metadata", kReader, get_snapshot_metadata},
    {"POST", "/snapshots/{id}/metadata", kMember, add_snapshot_metadata},
    {"PUT", "/snapshots/{id}/metadata", kMember, set_snapshot_metadata},
    {"GET", "/snapshots/{id}/metadata/{key}", kReader, get_snapshot_metadata_item},
    {"PUT", "/snapshots/{id}/metadata/{key}", kMember, set_snapshot_metadata_item},
    {"DELETE", "/snapshots/{id}/metadata/{key}", kMember, remove_snapshot_metadata_item},
    {"POST", "/attachments", kMember, create_attachment, 27},
    {"GET", "/attachments", kReader, list_attachments, 27},
    {"GET", "/attachments/detail", kReader, list_attachments_detail, 27},
    {"GET", "/attachments/{id}", kReader, show_attachment, 27},
    {"PUT", "/attachments/{id}", kMember, update_attachment, 27},
    {"DELETE", "/attachments/{id}", kMember, delete_attachment, 27},
    {"POST", "/attachments/{id}/action", kMember, attachment_action, 44},
    {"POST", "/os-volume-transfer", kMember, create_transfer},
    {"GET", "/os-volume-transfer", kReader, list_transfers},
    {"GET", "/os-volume-transfer/detail", kReader, list_transfers_detail},
    {"GET", "/os-volume-transfer/{id}", kReader, show_transfer},
    {"DELETE", "/os-volume-transfer/{id}", kMember, delete_transfer},
    {"POST", "/os-volume-transfer/{id}/accept", kMember, accept_transfer},
    {"POST", "/volume-transfers", kMember, create_transfer, 55},
    {"GET", "/volume-transfers", kReader, list_transfers, 55},
    {"GET", "/volume-transfers/detail", kReader, list_transfers_detail, 55},
    {"GET", "/volume-transfers/{id}", kReader, show_transfer, 55},
    {"DELETE", "/volume-transfers/{id}", kMember, delete_transfer, 55},
    {"POST", "/volume-transfers/{id}/accept", kMember, accept_transfer, 55},
    {"GET", "/messages", kReader, list_messages, 3},
    {"GET", "/messages/{id}", kReader, show_message, 3},
    {"DELETE", "/messages/{id}", kMember, delete_message, 3},
};

const Entry kCloud[] = {
    {"GET", "/types", kReader, list_types},
    {"POST", "/types", kAdmin, create_type},
    {"GET", "/types/{type}", kReader, show_type},
    {"PUT", "/types/{type}", kAdmin, update_type},
    {"DELETE", "/types/{type}", kAdmin, delete_type},
    {"POST", "/types/{type}/action", kAdmin, type_action},
    {"GET", "/types/{type}/os-volume-type-access", kAdmin, type_access},
    {"GET", "/types/{type}/extra_specs", kReader, list_specs},
    {"POST", "/types/{type}/extra_specs", kAdmin, add_specs},
    {"GET", "/types/{type}/extra_specs/{key}", kReader, show_spec},
    {"PUT", "/types/{type}/extra_specs/{key}", kAdmin, set_spec},
    {"DELETE", "/types/{type}/extra_specs/{key}", kAdmin, remove_spec},
    {"GET", "/types/{type}/encryption", kAdmin, show_encryption},
    {"GET", "/types/{type}/encryption/{key}", kAdmin, show_encryption},
    {"POST", "/types/{type}/encryption", kAdmin, refuse_encryption},
    {"PUT", "/types/{type}/encryption/{key}", kAdmin, refuse_encryption},
    {"DELETE", "/types/{type}/encryption/{key}", kAdmin, refuse_encryption},
    {"GET", "/limits", kReader, show_limits},
    {"GET", "/os-quota-sets/{target}", kReader, show_quotas},
    {"GET", "/os-quota-sets/{target}/defaults", kReader, show_default_quotas},
    {"PUT", "/os-quota-sets/{target}", kAdmin, update_quotas},
    {"DELETE", "/os-quota-sets/{target}", kAdmin, remove_quotas},
    {"GET", "/os-quota-class-sets/{target}", kAdmin, show_quota_class},
    {"PUT", "/os-quota-class-sets/{target}", kAdmin, update_quota_class},
    {"GET", "/os-services", kAdmin, list_services},
    {"PUT", "/os-services/{target}", kAdmin, change_service},
    {"GET", "/os-hosts", kAdmin, list_hosts},
    {"GET", "/os-hosts/{target}", kAdmin, show_host},
    {"GET", "/scheduler-stats/get_pools", kAdmin, list_pools},
    {"GET", "/capabilities/{target}", kAdmin, show_capabilities},
    {"GET", "/os-availability-zone", kReader, list_zones},
    {"GET", "/extensions", Access::token, list_extensions},
    {"GET", "/resource_filters", kReader, resource_filters, 33},
    {"GET", "/backups", kReader, no_backups},
    {"GET", "/backups/detail", kReader, no_backups},
    {"POST", "/backups", kMember, refuse_backups},
    {"POST", "/backups/import_record", kAdmin, refuse_backups},
    {"GET", "/groups", kReader, no_groups, 13},
    {"GET", "/groups/detail", kReader, no_groups, 13},
    {"POST", "/groups", kMember, refuse_groups, 13},
    {"POST", "/groups/action", kMember, refuse_groups, 14},
    {"GET", "/group_snapshots", kReader, no_group_snapshots, 14},
    {"GET", "/group_snapshots/detail", kReader, no_group_snapshots, 14},
    {"POST", "/group_snapshots", kMember, refuse_groups, 14},
    {"GET", "/group_types", kReader, no_group_types, 11},
    {"POST", "/group_types", kAdmin, refuse_groups, 11},
    {"GET", "/consistencygroups", kReader, no_consistency_groups},
    {"GET", "/consistencygroups/detail", kReader, no_consistency_groups},
    {"POST", "/consistencygroups", kMember, refuse_groups},
    {"GET", "/cgsnapshots", kReader, no_cgsnapshots},
    {"GET", "/cgsnapshots/detail", kReader, no_cgsnapshots},
    {"POST", "/cgsnapshots", kMember, refuse_groups},
    {"GET", "/qos-specs", kAdmin, no_qos},
    {"POST", "/qos-specs", kAdmin, refuse_qos},
    {"GET", "/clusters", kAdmin, no_clusters, 7},
    {"POST", "/os-volume-manage", kAdmin, refuse_manage},
    {"POST", "/os-snapshot-manage", kAdmin, refuse_manage},
};

// Without a project in the path.
const Entry kDefaults[] = {
    {"GET", "/v3/default-types", kAdmin, list_default_types, 62},
    {"GET", "/v3/default-types/{target}", kAdmin, show_default_type, 62},
    {"PUT", "/v3/default-types/{target}", kAdmin, set_default_type, 62},
    {"DELETE", "/v3/default-types/{target}", kAdmin, remove_default_type, 62},
};

const Entry kInternal[] = {
    {"PUT", "/internal/v1/volumes/{id}", Access::service, put_volume},
    {"GET", "/internal/v1/volumes/{id}", Access::service, get_volume},
    {"DELETE", "/internal/v1/volumes/{id}", Access::service, drop_volume},
    {"PUT", "/internal/v1/volumes/{id}/attachment", Access::service, attach},
    {"PUT", "/internal/v1/volumes/{id}/attachment/{attachment}/attached", Access::service,
     attached},
    {"PUT", "/internal/v1/volumes/{id}/attachment/{attachment}/detaching", Access::service,
     detaching},
    {"DELETE", "/internal/v1/volumes/{id}/attachment/{attachment}", Access::service, detach},
    {"PUT", "/internal/v1/snapshots/{id}", Access::service, put_snapshot},
    {"GET", "/internal/v1/snapshots/{id}", Access::service, get_snapshot},
    {"DELETE", "/internal/v1/snapshots/{id}", Access::service, drop_snapshot},
};

Status served(const Entry& e, const Context& context) {
  if (context.microversion >= e.since) return {};
  return not_found("The resource could not be found: it is served from microversion 3." +
                   std::to_string(e.since) + " on.");
}

// "/volumes/" is a volume without an id, and not the list, as Cinder sees it.
Status whole_path(const Request& request) {
  std::string path = request.target.substr(0, request.target.find('?'));
  if (!path.ends_with('/')) return {};
  return not_found("The resource could not be found: the path ends without a name.");
}

// The path's project is the token's, or an administrator asks.
Status own_path(const Context& context) {
  const Claims& c = context.claims;
  bool own = c.scope == Claims::Scope::project && context.param("project_id") == c.project_id;
  if (own || c.is_admin() || c.is_service()) return {};
  return bad_request("Malformed request url: its project is not the token's.", "project_id");
}

}  // namespace

void Api::add_routes(Router& router) {
  add_version_routes(router);
  auto add = [&](const Entry& e, const std::string& path, bool of_project) {
    router.add(e.method, path, e.access,
               [this, &e, of_project](const Request& q, Context& c) -> Result<Response> {
                 if (of_project) TRYV(own_path(c));
                 TRYV(whole_path(q));
                 TRYV(served(e, c));
                 return e.run(service_, q, c);
               });
  };
  for (const Entry& e : kVolumes) add(e, std::string("/v3/{project_id}") + e.path, true);
  for (const Entry& e : kCloud) add(e, std::string("/v3/{project_id}") + e.path, true);
  for (const Entry& e : kDefaults) add(e, e.path, false);
  for (const Entry& e : kInternal) add(e, e.path, false);
}

}  // namespace nuri::storage
