#include "compute/routes/documents.h"

// What the routes say of themselves in the OpenAPI document where they do not where they are added.
namespace nuri::compute {

namespace {

const std::string kRoot = "/v2.1";
const std::string kServer = kRoot + "/servers/{id}";

constexpr const char* kFlavor =
    R"({"flavor": {"id": "", "name": "", "vcpus": 1, "ram": 1, "disk": 1, "swap": null,
  "OS-FLV-EXT-DATA:ephemeral": 1, "OS-FLV-DISABLED:disabled": false, "os-flavor-access:is_public": true,
  "rxtx_factor": 1.0, "description": null, "links": [{"rel": "", "href": ""}], "extra_specs": {}}})";
constexpr const char* kFlavors =
    R"({"flavors": [{"id": "", "name": "", "vcpus": 1, "ram": 1, "disk": 1,
  "description": null, "links": [{"rel": "", "href": ""}]}], "flavors_links": []})";
constexpr const char* kSpecs = R"({"extra_specs": {}})";

Schema strings() {
  return schema_of(
      *parse_json(R"({"type": "object", "additionalProperties": {"type": "string"}})"));
}

void metadata(Documents& d, const std::string& at, const char* says) {
  d.add("GET", at).says(says).answers(wrapped("metadata", strings()));
  for (const char* method : {"POST", "PUT"})
    d.add(method, at)
        .says(says)
        .reads(wrapped("metadata", strings()))
        .answers(wrapped("metadata", strings()));
  d.add("GET", at + "/{key}").answers(wrapped("meta", strings()));
  d.add("PUT", at + "/{key}").reads(wrapped("meta", strings())).answers(wrapped("meta", strings()));
}

void flavors(Documents& d) {
  const std::string all = kRoot + "/flavors", one = all + "/{id}", specs = one + "/os-extra_specs";
  d.like("GET", all, kFlavors).says("Lists flavors");
  d.like("GET", all + "/detail", kFlavors).says("Lists flavors in full");
  d.like("POST", all, kFlavor)
      .says("Makes a flavor")
      .reads(schema_like(
          R"({"flavor": {"id": "", "name": "", "vcpus": 1, "ram": 1, "disk": 1, "OS-FLV-EXT-DATA:ephemeral": 1, "swap": 1,
      "rxtx_factor": 1.0, "os-flavor-access:is_public": true, "description": ""}})"));
  d.like("GET", one, kFlavor).says("A flavor");
  d.like("PUT", one, kFlavor)
      .says("Changes its description")
      .reads(schema_like(R"({"flavor": {"description": ""}})"));
  d.like("POST", one + "/action", R"({"flavor_access": [{"flavor_id": "", "tenant_id": ""}]})")
      .reads(schema_like(
          R"({"addTenantAccess": {"tenant": ""}, "removeTenantAccess": {"tenant": ""}})"));
  d.like("GET", one + "/os-flavor-access",
         R"({"flavor_access": [{"flavor_id": "", "tenant_id": ""}]})");
  d.like("GET", specs, kSpecs);
  d.like("POST", specs, kSpecs).reads(schema_like(kSpecs));
  d.add("GET", specs + "/{key}").answers(strings());
  d.add("PUT", specs + "/{key}").reads(strings()).answers(strings());
}

void servers(Documents& d) {
  constexpr const char* kBrief =
      R"({"servers": [{"id": "", "name": "", "links": [{"rel": "", "href": ""}]}], "servers_links": []})";
  Route& list = d.like("GET", kRoot + "/servers", kBrief).says("Lists servers");
  for (const char* name :
       {"limit", "marker", "sort_key", "sort_dir", "name", "status", "flavor", "image", "ip",
        "host", "changes-since", "changes-before", "tags", "all_tenants"})
    list.query(name, "string", "Pages, sorts or filters");
  d.add("GET", kRoot + "/servers/detail").says("Lists servers in full");
  d.add("POST", kServer + "/action")
      .says("Does what its one member names")
      .answers_nothing()
      .status(202)
      .reads(schema_like(R"({
    "reboot": {"type": "SOFT"}, "os-start": null, "os-stop": null, "pause": null, "unpause": null, "suspend": null, "resume": null,
    "rebuild": {"imageRef": ""}, "resize": {"flavorRef": ""}, "confirmResize": null, "revertResize": null, "shelve": null,
    "unshelve": null, "rescue": {}, "unrescue": null, "lock": null, "unlock": null, "forceDelete": null, "restore": null,
    "createImage": {"name": "", "metadata": {}}, "createBackup": {"name": "", "backup_type": "", "rotation": 1},
    "os-getConsoleOutput": {"length": 1}, "os-resetState": {"state": ""}, "changePassword": {"adminPass": ""},
    "addSecurityGroup": {"name": ""}, "removeSecurityGroup": {"name": ""}, "addFloatingIp": {"address": ""},
    "removeFloatingIp": {"address": ""}, "addFixedIp": {"networkId": ""}, "removeFixedIp": {"address": ""}})"));
  metadata(d, kServer + "/metadata", "A server's metadata");
  d.like("GET", kServer + "/tags", R"({"tags": [""]})");
  d.like("PUT", kServer + "/tags", R"({"tags": [""]})").reads(schema_like(R"({"tags": [""]})"));
  d.add("GET", kServer + "/tags/{tag}").answers_nothing().status(204);
  d.add("PUT", kServer + "/tags/{tag}").reads_nothing().answers_nothing();
  d.like("GET", kServer + "/diagnostics",
         R"({"state": "", "driver": "", "hypervisor": "", "hypervisor_os": "", "uptime": null,
    "num_cpus": 1, "num_nics": 1, "num_disks": 1, "config_drive": true, "cpu_details": [], "nic_details": [], "disk_details": [], "memory_details": {}})");
  d.like("GET", kServer + "/os-instance-actions",
         R"({"instanceActions": [{"action": "", "instance_uuid": "", "request_id": "",
    "user_id": "", "project_id": "", "start_time": "", "message": null}]})");
  d.like("GET", kServer + "/os-instance-actions/{request_id}",
         R"({"instanceAction": {"action": "", "instance_uuid": "", "request_id": "",
    "user_id": "", "project_id": "", "start_time": "", "message": null, "events": [{"event": "", "start_time": "", "finish_time": null, "result": null}]}})");
  d.like("GET", kServer + "/placement", R"({"placement": {"host": ""}})")
      .says("Where it was put and why, or what each constraint ruled out");
  d.like(
       "GET", kServer + "/trace",
       R"({"trace": {"total_ms": 1.0, "control": [{"stage": "", "begin_us": 1, "end_us": 1, "duration_ms": 1.0}],
         "host": [{"stage": "", "begin_us": 1, "end_us": 1, "duration_ms": 1.0}]}})")
      .says("The stages of its boot with their times");
  d.like("GET", kServer + "/topology", R"({"nodes": [], "pagesize_kb": null})");
  d.like("GET", kServer + "/os-server-password", R"({"password": ""})");
  d.like("GET", kServer + "/ips", R"({"addresses": {}})");
  d.add("GET", kServer + "/ips/{network}")
      .answers(schema_of(
          *parse_json(R"({"type": "object", "additionalProperties": {"type": "array"}})")));
  d.like(
      "GET", kServer + "/os-security-groups",
      R"({"security_groups": [{"id": "", "name": "", "description": "", "tenant_id": "", "rules": []}]})");
  d.like("GET", kServer + "/migrations", R"({"migrations": []})");
  d.like("GET", kServer + "/os-virtual-interfaces", R"({"virtual_interfaces": []})");
}

void attachments(Documents& d) {
  constexpr const char* kVolume =
      R"({"volumeAttachment": {"id": "", "serverId": "", "volumeId": "", "device": null, "tag": null, "delete_on_termination": false}})";
  const std::string volumes = kServer + "/os-volume_attachments", ports = kServer + "/os-interface";
  d.like("GET", volumes,
         R"({"volumeAttachments": [{"id": "", "serverId": "", "volumeId": "", "device": null}]})");
  d.like("POST", volumes, kVolume)
      .says("Attaches a volume")
      .reads(schema_like(
          R"({"volumeAttachment": {"volumeId": "", "device": "", "tag": "", "delete_on_termination": false}})"));
  d.like("GET", volumes + "/{volume_id}", kVolume);
  d.add("PUT", volumes + "/{volume_id}")
      .answers_nothing()
      .reads(schema_like(R"({"volumeAttachment": {"volumeId": ""}})"));
  constexpr const char* kPort =
      R"({"interfaceAttachment": {"net_id": "", "port_id": "", "mac_addr": "", "port_state": "",
    "fixed_ips": [{"subnet_id": "", "ip_address": ""}]}})";
  d.like(
      "GET", ports,
      R"({"interfaceAttachments": [{"net_id": "", "port_id": "", "mac_addr": "", "port_state": "", "fixed_ips": []}]})");
  d.like("POST", ports, kPort)
      .says("Attaches a port")
      .reads(schema_like(
          R"({"interfaceAttachment": {"net_id": "", "port_id": "", "fixed_ips": [{"ip_address": ""}], "tag": ""}})"));
  d.like("GET", ports + "/{port_id}", kPort);
}

void projects(Documents& d) {
  constexpr const char* kSet =
      R"({"quota_set": {"id": "", "instances": 1, "cores": 1, "ram": 1, "key_pairs": 1,
    "metadata_items": 1, "server_groups": 1, "server_group_members": 1}})";
  const std::string quotas = kRoot + "/os-quota-sets/{project}",
                    klass = kRoot + "/os-quota-class-sets/{id}";
  d.like("GET", quotas, kSet);
  d.like("GET", quotas + "/defaults", kSet);
  d.like("GET", quotas + "/detail",
         R"({"quota_set": {"id": "", "instances": {"limit": 1, "in_use": 1, "reserved": 0}}})");
  d.like("PUT", quotas, kSet).reads(schema_like(kSet));
  constexpr const char* kClass =
      R"({"quota_class_set": {"id": "", "instances": 1, "cores": 1, "ram": 1}})";
  d.like("GET", klass, kClass);
  d.like("PUT", klass, kClass).reads(schema_like(kClass));
  d.like(
      "GET", kRoot + "/limits",
      R"({"limits": {"rate": [], "absolute": {"maxTotalInstances": 1, "maxTotalCores": 1, "maxTotalRAMSize": 1,
    "totalInstancesUsed": 1, "totalCoresUsed": 1, "totalRAMUsed": 1, "maxTotalKeypairs": 1, "maxServerMeta": 1}}})");
  d.like("GET", kRoot + "/os-simple-tenant-usage",
         R"({"tenant_usages": [{"tenant_id": "", "start": "", "stop": "", "total_hours": 1.0}]})");
  d.like("GET", kRoot + "/os-simple-tenant-usage/{project}",
         R"({"tenant_usage": {"tenant_id": "", "start": "", "stop": "", "total_hours": 1.0}})");
  constexpr const char* kKey =
      R"({"keypair": {"name": "", "public_key": "", "fingerprint": "", "type": "ssh", "user_id": ""}})";
  d.like(
      "GET", kRoot + "/os-keypairs",
      R"({"keypairs": [{"keypair": {"name": "", "public_key": "", "fingerprint": "", "type": "ssh"}}]})");
  d.like(
       "POST", kRoot + "/os-keypairs",
       R"({"keypair": {"name": "", "public_key": "", "private_key": "", "fingerprint": "", "type": "ssh", "user_id": ""}})")
      .reads(schema_like(
          R"({"keypair": {"name": "", "public_key": "", "type": "ssh", "user_id": ""}})"));
  d.like("GET", kRoot + "/os-keypairs/{name}", kKey);
  constexpr const char* kGroup =
      R"({"server_group": {"id": "", "name": "", "policy": "", "rules": {}, "members": [""], "user_id": "", "project_id": ""}})";
  d.like("GET", kRoot + "/os-server-groups",
         R"({"server_groups": [{"id": "", "name": "", "policy": "", "members": [""]}]})");
  d.like("POST", kRoot + "/os-server-groups", kGroup)
      .reads(schema_like(
          R"({"server_group": {"name": "", "policy": "", "policies": [""], "rules": {"max_server_per_host": 1}}})"));
  d.like("GET", kRoot + "/os-server-groups/{id}", kGroup);
}

void hosts(Documents& d) {
  const std::string base = kRoot + "/os-hypervisors", aggregates = kRoot + "/os-aggregates",
                    one = aggregates + "/{id}";
  constexpr const char* kBrief =
      R"({"hypervisors": [{"id": "", "hypervisor_hostname": "", "state": "", "status": ""}]})";
  constexpr const char* kFull =
      R"({"hypervisors": [{"id": "", "hypervisor_hostname": "", "hypervisor_type": "", "hypervisor_version": 1,
    "state": "", "status": "", "host_ip": "", "service": {"id": "", "host": "", "disabled_reason": null}}]})";
  d.like("GET", base, kBrief).says("Lists hosts");
  d.like("GET", base + "/detail", kFull);
  d.like(
      "GET", base + "/statistics",
      R"({"hypervisor_statistics": {"count": 1, "vcpus": 1, "vcpus_used": 1, "memory_mb": 1, "memory_mb_used": 1}})");
  d.like(
      "GET", base + "/{id}",
      R"({"hypervisor": {"id": "", "hypervisor_hostname": "", "hypervisor_type": "", "state": "", "status": "", "host_ip": "", "uptime": null}})");
  d.like("GET", base + "/{id}/search", kBrief);
  d.like("GET", base + "/{id}/servers", kBrief);
  d.like(
      "GET", base + "/{id}/uptime",
      R"({"hypervisor": {"id": "", "hypervisor_hostname": "", "state": "", "status": "", "uptime": ""}})");
  constexpr const char* kAggregate =
      R"({"aggregate": {"id": 1, "uuid": "", "name": "", "availability_zone": null, "hosts": [""], "metadata": {}, "created_at": "", "updated_at": null, "deleted": false}})";
  constexpr const char* kInput = R"({"aggregate": {"name": "", "availability_zone": ""}})";
  d.like(
      "GET", aggregates,
      R"({"aggregates": [{"id": 1, "uuid": "", "name": "", "availability_zone": null, "hosts": [""], "metadata": {}}]})");
  d.like("POST", aggregates, kAggregate).reads(schema_like(kInput));
  d.like("GET", one, kAggregate);
  d.like("PUT", one, kAggregate).reads(schema_like(kInput));
  d.like("POST", one + "/action", kAggregate)
      .reads(schema_like(
          R"({"add_host": {"host": ""}, "remove_host": {"host": ""}, "set_metadata": {"metadata": {}}})"));
  d.add("POST", one + "/images").answers_nothing().reads(schema_like(R"({"cache": [{"id": ""}]})"));
  constexpr const char* kService =
      R"({"service": {"id": "", "binary": "", "host": "", "zone": "", "status": "", "state": "", "updated_at": "", "disabled_reason": null}})";
  d.like(
      "GET", kRoot + "/os-services",
      R"({"services": [{"id": "", "binary": "", "host": "", "zone": "", "status": "", "state": "", "updated_at": "", "disabled_reason": null}]})");
  d.like("PUT", kRoot + "/os-services/{id}", kService)
      .reads(schema_like(
          R"({"status": "", "disabled_reason": "", "forced_down": false, "host": "", "binary": ""})"));
  constexpr const char* kZones =
      R"({"availabilityZoneInfo": [{"zoneName": "", "zoneState": {"available": true}, "hosts": null}]})";
  d.like("GET", kRoot + "/os-availability-zone", kZones);
  d.like("GET", kRoot + "/os-availability-zone/detail", kZones);
  d.like("GET", kRoot + "/os-hosts",
         R"({"hosts": [{"host_name": "", "service": "", "zone": ""}]})");
  d.like(
      "GET", kRoot + "/os-hosts/{name}",
      R"({"host": [{"resource": {"host": "", "project": "", "cpu": 1, "memory_mb": 1, "disk_gb": 1}}]})");
  d.like("GET", kRoot + "/os-migrations", R"({"migrations": []})");
  d.like("POST", kRoot + "/os-server-external-events",
         R"({"events": [{"name": "", "server_uuid": "", "status": "", "code": 200}]})")
      .reads(
          schema_like(R"({"events": [{"name": "", "server_uuid": "", "status": "", "tag": ""}]})"));
}

void legacy(Documents& d) {
  const std::string ips = kRoot + "/os-floating-ips", groups = kRoot + "/os-security-groups",
                    images = kRoot + "/images";
  constexpr const char* kIp =
      R"({"floating_ip": {"id": "", "ip": "", "pool": "", "fixed_ip": null, "instance_id": null}})";
  constexpr const char* kGroup =
      R"({"security_group": {"id": "", "name": "", "description": "", "tenant_id": "", "rules": []}})";
  constexpr const char* kNewGroup = R"({"security_group": {"name": "", "description": ""}})";
  d.like(
      "GET", ips,
      R"({"floating_ips": [{"id": "", "ip": "", "pool": "", "fixed_ip": null, "instance_id": null}]})");
  d.like("POST", ips, kIp).reads(schema_like(R"({"pool": ""})"));
  d.like("GET", ips + "/{id}", kIp);
  d.like("GET", kRoot + "/os-floating-ip-pools", R"({"floating_ip_pools": [{"name": ""}]})");
  d.like("GET", kRoot + "/os-networks", R"({"networks": [{"id": "", "label": ""}]})");
  d.like("GET", kRoot + "/os-networks/{id}", R"({"network": {"id": "", "label": ""}})");
  d.like("GET", kRoot + "/os-tenant-networks",
         R"({"networks": [{"id": "", "label": "", "cidr": ""}]})");
  d.like("GET", kRoot + "/os-tenant-networks/{id}",
         R"({"network": {"id": "", "label": "", "cidr": ""}})");
  d.like(
      "GET", groups,
      R"({"security_groups": [{"id": "", "name": "", "description": "", "tenant_id": "", "rules": []}]})");
  d.like("POST", groups, kGroup).reads(schema_like(kNewGroup));
  d.like("GET", groups + "/{id}", kGroup);
  d.like("PUT", groups + "/{id}", kGroup).reads(schema_like(kNewGroup));
  d.like(
       "POST", kRoot + "/os-security-group-rules",
       R"({"security_group_rule": {"id": "", "parent_group_id": "", "ip_protocol": null, "from_port": null, "to_port": null, "ip_range": {}, "group": {}}})")
      .reads(schema_like(
          R"({"security_group_rule": {"parent_group_id": "", "ip_protocol": "", "from_port": 1, "to_port": 1, "cidr": "", "group_id": ""}})"));
  constexpr const char* kImages = R"({"images": [{"id": "", "name": "", "links": []}]})";
  d.like("GET", images, kImages);
  d.like("GET", images + "/detail", kImages);
  d.like(
      "GET", images + "/{id}",
      R"({"image": {"id": "", "name": "", "status": "", "progress": 1, "minRam": 1, "minDisk": 1, "metadata": {}, "created": "", "updated": "", "links": []}})");
  metadata(d, images + "/{id}/metadata", "An image's properties");
  constexpr const char* kVolume =
      R"({"volume": {"id": "", "displayName": null, "displayDescription": null, "size": 1, "status": "", "createdAt": "", "availabilityZone": "", "attachments": [], "metadata": {}, "volumeType": null, "snapshotId": null}})";
  constexpr const char* kSnapshot =
      R"({"snapshot": {"id": "", "displayName": null, "displayDescription": null, "volumeId": "", "size": 1, "status": "", "createdAt": ""}})";
  for (
      const auto& [path, one, many, example, input] :
      {std::tuple(
           "/os-volumes", "volume", "volumes", kVolume,
           R"({"volume": {"display_name": "", "size": 1, "snapshot_id": "", "volume_type": "", "metadata": {}}})"),
       std::tuple("/os-snapshots", "snapshot", "snapshots", kSnapshot,
                  R"({"snapshot": {"volume_id": "", "display_name": "", "force": false}})")}) {
    d.like("POST", kRoot + path, example).reads(schema_like(input));
    for (const char* below : {"", "/detail"})
      d.add("GET", kRoot + path + below).answers(listed(many, schema_like(R"({"id": ""})")));
    d.like("GET", kRoot + path + "/{id}", example)
        .says(std::string("A ") + one + " of the storage service");
  }
}

// What Nova has ended (410) or this cloud has none of.
void gone(Documents& d) {
  for (const char* path :
       {"/os-floating-ips-bulk", "/os-cells", "/os-fping", "/os-fixed-ips/{ip}",
        "/os-floating-ip-dns", "/os-agents", "/os-certificates/{id}", "/os-cloudpipe",
        "/os-hosts/{name}/startup", "/os-hosts/{name}/shutdown", "/os-hosts/{name}/reboot"})
    d.add("GET", kRoot + path).says("Ended: not served any more").answers_nothing();
  d.add("POST", kRoot + "/os-floating-ips-bulk").says("Ended").reads_nothing().answers_nothing();
  d.add("PUT", kRoot + "/os-floating-ips-bulk/delete")
      .says("Ended")
      .reads_nothing()
      .answers_nothing();
  d.like("PUT", kRoot + "/os-hosts/{name}", R"({"host": "", "status": "", "maintenance_mode": ""})")
      .reads(schema_like(R"({"status": "", "maintenance_mode": ""})"));
  for (const char* path : {"/os-instance_usage_audit_log", "/os-instance_usage_audit_log/{before}"})
    d.like(
        "GET", kRoot + path,
        R"({"instance_usage_audit_logs": {"log": {}, "overall_status": "", "total_errors": 0}})");
}

}  // namespace

Documents documents() {
  Documents d;
  constexpr const char* kVersions =
      R"({"versions": [{"id": "", "status": "", "version": "", "min_version": "", "updated": "", "links": [{"rel": "", "href": ""}]}]})";
  constexpr const char* kVersion =
      R"({"version": {"id": "", "status": "", "version": "", "min_version": "", "updated": "", "links": [{"rel": "", "href": ""}], "media-types": []}})";
  d.like("GET", "/", kVersions).says("Lists versions");
  for (const char* path : {"/v2", "/v2.1"}) d.like("GET", path, kVersion).says("A version");
  constexpr const char* kExtension =
      R"({"extension": {"alias": "", "name": "", "description": "", "updated": "", "namespace": "", "links": []}})";
  d.like(
      "GET", kRoot + "/extensions",
      R"({"extensions": [{"alias": "", "name": "", "description": "", "updated": "", "namespace": "", "links": []}]})");
  d.like("GET", kRoot + "/extensions/{alias}", kExtension);
  gone(d);
  flavors(d);
  servers(d);
  attachments(d);
  projects(d);
  hosts(d);
  legacy(d);
  return d;
}

}  // namespace nuri::compute
