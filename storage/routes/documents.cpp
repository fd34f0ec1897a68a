#include "services/base/documents.h"

#include "storage/api/snapshot.h"
#include "storage/api/volume.h"
#include "storage/api/volume_type.h"
#include "storage/routes/api.h"

// What the routes say of themselves in the OpenAPI document.
namespace nuri::storage {

namespace {

const std::string kHere = "/v3/{project_id}";

Schema shown_volume() {
  return [](int version, bool) { return volume_schema(version); };
}
Schema shown_snapshot() {
  return [](int version, bool) { return snapshot_schema(version); };
}
Schema strings() {
  return schema_of(
      *parse_json(R"({"type": "object", "additionalProperties": {"type": "string"}})"));
}

void page(Route& r) {
  r.query("limit", "integer", "At most so many")
      .query("marker", "string", "After this id")
      .query("sort", "string", "KEY:asc or KEY:desc, several by comma");
}

void metadata(Documents& d, const std::string& at) {
  d.add("GET", at).says("Its metadata").answers(wrapped("metadata", strings()));
  d.add("POST", at)
      .says("Adds to its metadata")
      .reads(wrapped("metadata", strings()))
      .answers(wrapped("metadata", strings()));
  d.add("PUT", at)
      .says("Replaces its metadata")
      .reads(wrapped("metadata", strings()))
      .answers(wrapped("metadata", strings()));
  d.add("GET", at + "/{key}").says("One entry of its metadata").answers(wrapped("meta", strings()));
  d.add("PUT", at + "/{key}")
      .says("Sets one entry of its metadata")
      .reads(wrapped("meta", strings()))
      .answers(wrapped("meta", strings()));
}

// {"os-extend": {...}}: one member names the action.
void action(Documents& d, const std::string& at, const char* example) {
  d.add("POST", at)
      .says("Does what its one member names")
      .reads(schema_like(example))
      .answers_nothing()
      .status(202);
}

void volumes(Documents& d) {
  const std::string all = kHere + "/volumes", one = all + "/{id}";
  d.add("POST", all)
      .says("Creates a volume")
      .reads("volume", kVolumeCreate)
      .answers(wrapped("volume", shown_volume()))
      .status(202);
  page(d.like("GET", all,
              R"({"volumes": [{"id": "", "name": "", "links": []}], "volumes_links": []})")
           .says("Lists volumes"));
  page(d.add("GET", all + "/detail")
           .says("Lists volumes in full")
           .answers(listed("volumes", shown_volume())));
  d.like("GET", all + "/summary",
         R"({"volume-summary": {"total_count": 1, "total_size": 1, "metadata": {}}})")
      .says("Counts volumes");
  d.add("GET", one).says("A volume").answers(wrapped("volume", shown_volume()));
  d.add("PUT", one)
      .says("Changes a volume")
      .reads("volume", kVolumeUpdate)
      .answers(wrapped("volume", shown_volume()));
  d.add("POST", one + "/action")
      .says("Does what its one member names")
      .answers(schema_like("{}"))
      .reads(schema_like(R"({
    "os-extend": {"new_size": 2}, "os-set_bootable": {"bootable": true}, "os-update_readonly_flag": {"readonly": true},
    "os-reset_status": {"status": ""}, "os-volume_upload_image": {"image_name": "", "disk_format": "", "container_format": ""},
    "os-retype": {"new_type": "", "migration_policy": ""}, "os-reserve": null, "os-unreserve": null, "os-force_delete": null,
    "os-set_image_metadata": {"metadata": {}}, "os-unset_image_metadata": {"key": ""}, "os-show_image_metadata": null})"));
  metadata(d, one + "/metadata");
}

void snapshots(Documents& d) {
  const std::string all = kHere + "/snapshots", one = all + "/{id}";
  d.add("POST", all)
      .says("Makes a snapshot")
      .reads("snapshot", kSnapshotCreate)
      .answers(wrapped("snapshot", shown_snapshot()))
      .status(202);
  page(d.add("GET", all).says("Lists snapshots").answers(listed("snapshots", shown_snapshot())));
  page(d.add("GET", all + "/detail")
           .says("Lists snapshots in full")
           .answers(listed("snapshots", shown_snapshot())));
  d.add("GET", one).says("A snapshot").answers(wrapped("snapshot", shown_snapshot()));
  d.add("PUT", one)
      .says("Changes a snapshot")
      .reads("snapshot", kSnapshotUpdate)
      .answers(wrapped("snapshot", shown_snapshot()));
  action(
      d, one + "/action",
      R"({"os-reset_status": {"status": ""}, "os-update_snapshot_status": {"status": ""}, "os-force_delete": null})");
  metadata(d, one + "/metadata");
}

constexpr const char* kAttachment =
    R"({"attachment": {"id": "", "status": "", "instance": null, "volume_id": "",
  "attached_at": null, "detached_at": null, "attach_mode": "", "connection_info": {}}})";
constexpr const char* kTransfer =
    R"({"transfer": {"id": "", "volume_id": "", "name": "", "created_at": "", "links": []}})";

void attachments(Documents& d) {
  const std::string all = kHere + "/attachments", one = all + "/{id}";
  d.like("POST", all, kAttachment)
      .says("Reserves a volume for a server")
      .reads(schema_like(
          R"({"attachment": {"volume_uuid": "", "instance_uuid": "", "connector": {}, "mode": "rw"}})"));
  page(d.like("GET", all,
              R"({"attachments": [{"id": "", "status": "", "instance": null, "volume_id": ""}]})"));
  page(d.like(
      "GET", all + "/detail",
      R"({"attachments": [{"id": "", "status": "", "instance": null, "volume_id": "", "attached_at": null}]})"));
  d.like("GET", one, kAttachment);
  d.like("PUT", one, kAttachment).reads(schema_like(R"({"attachment": {"connector": {}}})"));
  action(d, one + "/action", R"({"os-complete": null})");
}

void transfers(Documents& d) {
  for (const char* name : {"/os-volume-transfer", "/volume-transfers"}) {
    const std::string all = kHere + name, one = all + "/{id}";
    d.like(
         "POST", all,
         R"({"transfer": {"id": "", "volume_id": "", "name": "", "auth_key": "", "created_at": "", "links": []}})")
        .says("Offers a volume to another project")
        .status(202)
        .reads(
            schema_like(R"({"transfer": {"volume_id": "", "name": "", "no_snapshots": false}})"));
    page(d.like("GET", all,
                R"({"transfers": [{"id": "", "volume_id": "", "name": "", "links": []}]})"));
    page(d.like(
        "GET", all + "/detail",
        R"({"transfers": [{"id": "", "volume_id": "", "name": "", "created_at": "", "links": []}]})"));
    d.like("GET", one, kTransfer);
    d.like("POST", one + "/accept",
           R"({"transfer": {"id": "", "volume_id": "", "name": "", "links": []}})")
        .status(202)
        .says("Takes the volume")
        .reads(schema_like(R"({"accept": {"auth_key": ""}})"));
  }
}

constexpr const char* kType =
    R"({"volume_type": {"id": "", "name": "", "description": null, "is_public": true, "extra_specs": {},
  "os-volume-type-access:is_public": true, "qos_specs_id": null}})";

void types(Documents& d) {
  const std::string all = kHere + "/types", one = all + "/{type}", specs = one + "/extra_specs";
  d.like("POST", all, kType).reads("volume_type", kTypeCreate);
  d.like("GET", one, kType);
  d.like("PUT", one, kType).reads("volume_type", kTypeUpdate);
  page(d.like(
      "GET", all,
      R"({"volume_types": [{"id": "", "name": "", "description": null, "is_public": true, "extra_specs": {}}]})"));
  action(d, one + "/action",
         R"({"addProjectAccess": {"project": ""}, "removeProjectAccess": {"project": ""}})");
  d.like("GET", one + "/os-volume-type-access",
         R"({"volume_type_access": [{"volume_type_id": "", "project_id": ""}]})");
  d.add("GET", specs).answers(wrapped("extra_specs", strings()));
  d.add("POST", specs)
      .reads(wrapped("extra_specs", strings()))
      .answers(wrapped("extra_specs", strings()));
  d.add("GET", specs + "/{key}").answers(strings());
  d.add("PUT", specs + "/{key}").reads(strings()).answers(strings());
  d.like("GET", one + "/encryption", R"({"volume_type_id": ""})");
  d.like("GET", one + "/encryption/{key}", R"({"cipher": null})");
  for (const char* path : {"/v3/default-types/{target}"}) {
    d.like("GET", path, R"({"default_type": {"project_id": "", "volume_type_id": ""}})");
    d.like("PUT", path, R"({"default_type": {"project_id": "", "volume_type_id": ""}})")
        .reads(schema_like(R"({"default_type": {"volume_type": ""}})"));
  }
  d.like("GET", "/v3/default-types",
         R"({"default_types": [{"project_id": "", "volume_type_id": ""}]})");
}

void cloud(Documents& d) {
  constexpr const char* kSet =
      R"({"quota_set": {"id": "", "volumes": 1, "snapshots": 1, "gigabytes": 1, "per_volume_gigabytes": 1,
    "backups": 1, "backup_gigabytes": 1, "groups": 1}})";
  const std::string quotas = kHere + "/os-quota-sets/{target}",
                    klass = kHere + "/os-quota-class-sets/{target}";
  d.like("GET", quotas, kSet).query("usage", "boolean", "With what is used");
  d.like("GET", quotas + "/defaults", kSet);
  d.like("PUT", quotas, kSet).reads(schema_like(kSet));
  constexpr const char* kClass = R"({"quota_class_set": {"id": "", "volumes": 1, "gigabytes": 1}})";
  d.like("GET", klass, kClass);
  d.like("PUT", klass, kClass).reads(schema_like(kClass));
  d.like("GET", kHere + "/limits",
         R"({"limits": {"rate": [], "absolute": {"totalVolumesUsed": 1, "maxTotalVolumes": 1,
    "totalGigabytesUsed": 1, "maxTotalVolumeGigabytes": 1, "totalSnapshotsUsed": 1, "maxTotalSnapshots": 1,
    "totalBackupsUsed": 1, "maxTotalBackups": 1, "totalBackupGigabytesUsed": 1, "maxTotalBackupGigabytes": 1}}})");
  d.like(
      "GET", kHere + "/os-services",
      R"({"services": [{"binary": "", "host": "", "zone": "", "status": "", "state": "", "updated_at": null}]})");
  d.like("PUT", kHere + "/os-services/{target}",
         R"({"host": "", "service": "", "binary": "", "disabled": true, "status": ""})")
      .reads(schema_like(R"({"host": "", "binary": "", "disabled_reason": ""})"));
  d.like(
      "GET", kHere + "/os-hosts",
      R"({"hosts": [{"host_name": "", "service": "", "zone": "", "service-state": "", "service-status": "", "last-update": null}]})");
  d.like(
      "GET", kHere + "/os-hosts/{target}",
      R"({"host": [{"resource": {"host": "", "project": "", "volume_count": "", "total_volume_gb": ""}}]})");
  d.like("GET", kHere + "/scheduler-stats/get_pools",
         R"({"pools": [{"name": "", "capabilities": {}}]})");
  d.like(
      "GET", kHere + "/capabilities/{target}",
      R"({"namespace": "", "vendor_name": "", "volume_backend_name": "", "pool_name": null, "properties": {}})");
  d.like("GET", kHere + "/os-availability-zone",
         R"({"availabilityZoneInfo": [{"zoneName": "", "zoneState": {"available": true}}]})");
  d.like(
      "GET", kHere + "/extensions",
      R"({"extensions": [{"alias": "", "name": "", "description": "", "updated": "", "links": []}]})");
  d.like("GET", kHere + "/resource_filters",
         R"({"resource_filters": [{"resource": "", "filters": [""]}]})");
  d.like(
      "GET", kHere + "/messages",
      R"({"messages": [{"id": "", "event_id": "", "user_message": "", "message_level": "", "created_at": ""}]})");
  d.like(
      "GET", kHere + "/messages/{id}",
      R"({"message": {"id": "", "event_id": "", "user_message": "", "message_level": "", "created_at": ""}})");
}

// What Cinder has and this cloud has none of: lists are empty, making one is refused.
void none_of(Documents& d) {
  for (const auto& [path, list] :
       {std::pair("/backups", "backups"), std::pair("/groups", "groups"),
        std::pair("/group_snapshots", "group_snapshots"),
        std::pair("/consistencygroups", "consistencygroups"),
        std::pair("/cgsnapshots", "cgsnapshots"), std::pair("/group_types", "group_types"),
        std::pair("/qos-specs", "qos_specs"), std::pair("/clusters", "clusters")}) {
    for (const char* below : {"", "/detail"})
      d.like("GET", kHere + path + below, "{}")
          .answers(listed(list, schema_like("{}")))
          .says("None: an empty list");
    d.add("POST", kHere + path)
        .says("Refused: not served by this cloud")
        .answers_nothing()
        .reads_nothing();
  }
  for (const char* path : {"/backups/import_record", "/groups/action", "/os-volume-manage",
                           "/os-snapshot-manage", "/types/{type}/encryption"})
    d.add("POST", kHere + path)
        .says("Refused: not served by this cloud")
        .answers_nothing()
        .reads_nothing();
  d.add("PUT", kHere + "/types/{type}/encryption/{key}")
      .says("Refused: not served by this cloud")
      .answers_nothing()
      .reads_nothing();
  d.add("PUT", kHere + "/volumes").says("Refused: no id").answers_nothing().reads_nothing();
}

}  // namespace

Documents documents() {
  Documents d;
  volumes(d);
  snapshots(d);
  attachments(d);
  transfers(d);
  types(d);
  cloud(d);
  none_of(d);
  return d;
}

}  // namespace nuri::storage
