#include <algorithm>
#include <set>

#include "services/image/routes/metadefs.h"
#include "services/image/store/metadef_store.h"

namespace nuri::image {

namespace {

constexpr int64_t kPage = 1000;

// A namespace and, where it is shown alone, what it holds.
Json full_view(db::Session& s, const Namespace& n) {
  Json out = kNamespace.write(n);
  for (const ItemKind& kind : item_kinds()) {
    auto items = store::items(s, n.name, kind.name);
    if (items.empty()) continue;
    Json list = kind.name == "property" ? Json::object() : Json::array();
    for (const Item& item : items) {
      if (kind.name == "property")
        list.set(item.name, item_view(kind, item));
      else
        list.push_back(item_view(kind, item));
    }
    out.set(kind.list, std::move(list));
  }
  return out;
}

bool wanted(db::Session& s, const Namespace& n, const Query& query) {
  if (query.contains("visibility") && query.get("visibility") != n.visibility) return false;
  if (!query.contains("resource_types")) return true;
  std::string names = "," + query.get("resource_types") + ",";
  auto types = store::items(s, n.name, "resource_type");
  return std::any_of(types.begin(), types.end(), [&](const Item& t) {
    return names.find("," + t.name + ",") != std::string::npos;
  });
}

Status check_query(const Query& query) {
  std::string visibility = query.get("visibility");
  if (!visibility.empty() && visibility != "public" && visibility != "private")
    return bad_request("visibility must be public or private.", "visibility");
  return {};
}

}  // namespace

Result<Namespace> visible_namespace(db::Session& s, const Context& context) {
  auto found = store::find_namespace(s, context.param("ns"));
  const Claims& c = context.claims;
  bool seen = found && (found->visibility == "public" || c.is_admin() || c.is_service() ||
                        (!c.project_id.empty() && found->owner == c.project_id));
  if (!seen) {
    return not_found("Metadata definition namespace=" + context.param("ns").substr(0, 80) +
                     " was not found.");
  }
  return std::move(*found);
}

Status Metadefs::add_contents(db::Session& s, const Namespace& n) {
  const Json* contents[] = {&n.resource_types, &n.objects, &n.properties, &n.tags};
  for (size_t i = 0; i < item_kinds().size(); ++i) {
    const ItemKind& kind = item_kinds()[i];
    // Properties are an object by name, the others lists.
    for (const auto& [name, value] : contents[i]->as_object()) {
      Json body = value;
      if (body.is_object()) body.set("name", name);
      TRYV(add_item(s, n.name, kind, body));
    }
    for (const Json& body : contents[i]->as_array()) TRYV(add_item(s, n.name, kind, body));
  }
  return {};
}

Result<Response> Metadefs::create_namespace(const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  Namespace n = TRY(kNamespace.read(body));
  if (n.owner.empty()) n.owner = context.claims.project_id;
  n.created_us = n.updated_us = clock_.now_us();
  Json view = TRY(db_.write([&](db::Session& s) -> Result<Json> {
    if (store::find_namespace(s, n.name))
      return conflict("Metadata definition namespace=" + n.name + " already exists.");
    if (store::count_namespaces(s) >= kMaxNamespaces)
      return Error(ErrorCode::too_large, "There are too many namespaces.");
    store::insert_namespace(s, n);
    TRYV(add_contents(s, n));
    return full_view(s, n);
  }));
  Response r = Response::json(201, view);
  r.headers.set("Location", context.base_url + "/v2/metadefs/namespaces/" + percent_encode(n.name));
  return r;
}

Result<Response> Metadefs::list_namespaces(const Request& request, Context& context) {
  TRYV(check_query(request.query));
  const Claims& c = context.claims;
  Json list = TRY(db_.read([&](db::Session& s) {
    Json out = Json::array();
    for (const Namespace& n : store::namespaces(s, c.project_id, c.is_admin() || c.is_service())) {
      bool behind = n.name > request.query.get("marker");
      if (behind && static_cast<int64_t>(out.size()) < kPage && wanted(s, n, request.query))
        out.push_back(kNamespace.write(n));
    }
    return out;
  }));
  return Response::json(200, Json::object({{"namespaces", std::move(list)},
                                           {"first", "/v2/metadefs/namespaces"},
                                           {"schema", "/v2/schemas/metadefs/namespaces"}}));
}

Result<Response> Metadefs::show_namespace(const Request&, Context& context) {
  Json view = TRY(db_.read([&](db::Session& s) -> Result<Json> {
    return full_view(s, TRY(visible_namespace(s, context)));
  }));
  return Response::json(200, view);
}

Result<Response> Metadefs::update_namespace(const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  Json view = TRY(db_.write([&](db::Session& s) -> Result<Json> {
    Namespace before = TRY(visible_namespace(s, context));
    Namespace after = before;
    TRYV(kNamespace.update(after, body));
    if (after.name != before.name && store::find_namespace(s, after.name))
      return conflict("Metadata definition namespace=" + after.name + " already exists.");
    after.updated_us = clock_.now_us();
    store::update_namespace(s, before.name, after);
    return kNamespace.write(after);
  }));
  return Response::json(200, view);
}

Result<Response> Metadefs::remove_namespace(const Request&, Context& context) {
  TRYV(db_.write([&](db::Session& s) -> Status {
    Namespace n = TRY(visible_namespace(s, context));
    if (n.is_protected)
      return forbidden("Metadata definition namespace " + n.name +
                       " is protected and cannot be deleted.");
    store::remove_namespace(s, n.name);
    return {};
  }));
  return Response::empty(204);
}

Result<Response> Metadefs::list_resource_types(const Request&, Context&) {
  auto used = TRY(db_.read([](db::Session& s) { return store::resource_types(s); }));
  std::vector<std::string> names = kResourceTypes;
  for (const std::string& name : used) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  Json list = Json::array();
  std::string since = iso_seconds(0);
  for (const std::string& name : names) {
    list.push_back(Json::object({{"name", name}, {"created_at", since}, {"updated_at", since}}));
  }
  return Response::json(200, Json::object({{"resource_types", std::move(list)}}));
}

}  // namespace nuri::image
