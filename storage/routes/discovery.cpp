#include "storage/domain/volume_list.h"
#include "storage/routes/api.h"
#include "storage/routes/handlers.h"
#include "storage/store/record_store.h"

// Versions (no token), extensions, filters, and messages to users.
namespace nuri::storage {

namespace {

Json versions_json(const Context& context) {
  Json links = Json::array({Json::object({{"rel", "describedby"},
                                          {"type", "text/html"},
                                          {"href", "https://docs.openstack.org/"}}),
                            Json::object({{"rel", "self"}, {"href", context.base_url + "/v3/"}})});
  Json media = Json::object(
      {{"base", "application/json"}, {"type", "application/vnd.openstack.volume+json;version=3"}});
  Json v3 = Json::object({{"id", "v3.0"},
                          {"status", "CURRENT"},
                          {"version", "3." + std::to_string(kMicroversions.max)},
                          {"min_version", "3.0"},
                          {"updated", "2022-08-31T00:00:00Z"},
                          {"links", links},
                          {"media-types", Json::array({media})}});
  return Json::object({{"versions", Json::array({v3})}});
}

struct Extension {
  const char *alias, *name;
};
// Those of Cinder's extensions whose routes or fields are served.
constexpr Extension kExtensions[] = {
    {"capabilities", "Capabilities"},
    {"os-admin-actions", "AdminActions"},
    {"os-availability-zone", "AvailabilityZones"},
    {"os-extended-services", "ExtendedServices"},
    {"os-extended-snapshot-attributes", "ExtendedSnapshotAttributes"},
    {"os-hosts", "Hosts"},
    {"os-quota-class-sets", "QuotaClasses"},
    {"os-quota-sets", "Quotas"},
    {"os-services", "Services"},
    {"os-snapshot-actions", "SnapshotActions"},
    {"os-types-extra-specs", "TypesExtraSpecs"},
    {"os-types-manage", "TypesManage"},
    {"os-used-limits", "UsedLimits"},
    {"os-vol-host-attr", "VolumeHostAttribute"},
    {"os-vol-image-meta", "VolumeImageMetadata"},
    {"os-vol-mig-status-attr", "VolumeMigStatusAttribute"},
    {"os-vol-tenant-attr", "VolumeTenantAttribute"},
    {"os-volume-actions", "VolumeActions"},
    {"os-volume-transfer", "VolumeTransfer"},
    {"os-volume-type-access", "VolumeTypeAccess"},
    {"scheduler-stats", "Scheduler_stats"},
};

Json message_json(const store::Message& m, const Context& context) {
  std::string rest = "/" + context.param("project_id") + "/messages/" + m.id;
  return Json::object(
      {{"id", m.id},
       {"request_id", "req-" + m.id},
       {"resource_type", m.resource_type},
       {"resource_uuid", m.resource_id},
       {"event_id", m.event_id},
       {"user_message", m.text},
       {"message_level", "ERROR"},
       {"created_at", iso_naive(m.created_us)},
       {"guaranteed_until", iso_naive(m.created_us + store::kMessagesKeptUs)},
       {"links",
        Json::array({Json::object({{"rel", "self"}, {"href", context.base_url + "/v3" + rest}}),
                     Json::object({{"rel", "bookmark"}, {"href", context.base_url + rest}})})}});
}

Result<store::Message> own_message(db::Session& s, const Context& context) {
  auto m = store::find_message(s, context.param("id"));
  if (!m || !(context.claims.is_admin() || m->project_id == context.claims.project_id))
    return not_found("Message " + context.param("id").substr(0, 64) + " could not be found.");
  return std::move(*m);
}

const ListRules kMessageRules = {
    "Message",
    {"resource_type", "resource_uuid", "event_id", "message_level", "id"},
    {"id", "event_id", "resource_uuid", "resource_type", "created_at"}};

std::string message_text(const store::Message& m, const std::string& field) {
  if (field == "resource_type") return m.resource_type;
  if (field == "resource_uuid") return m.resource_id;
  if (field == "event_id") return m.event_id;
  if (field == "message_level") return "ERROR";
  if (field == "created_at") return sortable(m.created_us);
  return m.id;
}

}  // namespace

Result<Response> list_messages(Service& p, const Request& request, Context& context) {
  ListQuery query = TRY(read_list_query(request.query, kMessageRules, context.microversion));
  auto found = TRY(p.db.read(
      [&](db::Session& s) { return store::messages(s, context.param("project_id")); }));
  static const ListView<store::Message> kView = {
      [](const store::Message& m) { return m.id; }, message_text, message_text,
      [](const store::Message& m, const std::string&) { return m.created_us; },
      [](const store::Message&) -> const StringMap* { return nullptr; }};
  auto page = TRY(select(query, kMessageRules, std::move(found), kView));
  Json items = Json::array();
  for (const auto& m : page.items) items.push_back(message_json(m, context));
  Json out = Json::object({{"messages", std::move(items)}});
  finish_list(out, "messages", request, context, query, page.more ? page.items.back().id : "",
              page.count);
  return Response::json(200, out);
}

Result<Response> show_message(Service& p, const Request&, Context& context) {
  auto m = TRY(p.db.read([&](db::Session& s) { return own_message(s, context); }));
  return Response::json(200, Json::object({{"message", message_json(m, context)}}));
}

Result<Response> delete_message(Service& p, const Request&, Context& context) {
  TRYV(p.db.write([&](db::Session& s) -> Status {
    auto m = TRY(own_message(s, context));
    store::remove_message(s, m.id);
    return {};
  }));
  return Response::empty(204);
}

Result<Response> resource_filters(Service&, const Request& request, Context&) {
  Json out = Json::array();
  auto add = [&](const std::string& resource, const std::vector<std::string>& filters) {
    std::string asked = request.query.get("resource");
    if (!asked.empty() && asked != resource) return;
    out.push_back(Json::object({{"resource", resource}, {"filters", Json::strings(filters)}}));
  };
  add("volume", kVolumeRules.filters);
  add("snapshot", kSnapshotRules.filters);
  add("message", kMessageRules.filters);
  add("attachment", {"volume_id", "status", "instance_id", "attach_status"});
  return Response::json(200, Json::object({{"resource_filters", out}}));
}

void add_version_routes(Router& router) {
  router.add("GET", "/", Access::open, [](const Request&, Context& c) -> Result<Response> {
    return Response::json(300, versions_json(c));
  });
  router.add("GET", "/v3", Access::open, [](const Request&, Context& c) -> Result<Response> {
    return Response::json(200, versions_json(c));
  });
}

Result<Response> list_extensions(Service&, const Request&, Context&) {
  Json out = Json::array();
  for (const Extension& e : kExtensions) {
    out.push_back(Json::object({{"alias", e.alias},
                                {"name", e.name},
                                {"description", e.name},
                                {"links", Json::array()},
                                {"updated", "2022-08-31T00:00:00+00:00"}}));
  }
  return Response::json(200, Json::object({{"extensions", out}}));
}

}  // namespace nuri::storage
