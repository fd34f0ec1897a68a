#include "services/image/routes/metadefs.h"
#include "services/image/store/metadef_store.h"

// Objects, properties, tags and associated resource types of a namespace.
namespace nuri::image {

namespace {

// /v2/metadefs/namespaces/{ns}/KIND...
const ItemKind& kind_of(const Context& context) {
  for (const ItemKind& kind : item_kinds()) {
    if (context.route->pattern.find("{ns}/" + kind.segment) != std::string::npos) return kind;
  }
  return item_kinds().front();
}

Error no_item(const ItemKind& kind, const Context& context) {
  return not_found("Metadata definition " + kind.name +
                   " with name=" + context.param("item").substr(0, 80) + " was not found.");
}

Error exists(const ItemKind& kind, const std::string& name) {
  return conflict("A metadata definition " + kind.name + " with name=" + name + " already exists.");
}

Status check_unprotected(const Namespace& n) {
  if (!n.is_protected) return {};
  return forbidden("Metadata definition namespace " + n.name +
                   " is protected: nothing of it can be deleted.");
}

Json list_view(const ItemKind& kind, const std::vector<Item>& items) {
  bool by_name = kind.name == "property";
  Json list = by_name ? Json::object() : Json::array();
  for (const Item& item : items) {
    if (by_name)
      list.set(item.name, item_view(kind, item));
    else
      list.push_back(item_view(kind, item));
  }
  return Json::object(
      {{kind.list, std::move(list)}, {"schema", "/v2/schemas/metadefs/" + kind.segment}});
}

// What an answer has beside the item is not the item's.
Json body_of(const ItemKind& kind, const Json& read) {
  Json body = read;
  if (kind.name == "object") {
    for (const char* name : {"created_at", "updated_at", "self", "schema"}) body.erase(name);
  }
  return body;
}

}  // namespace

Result<Item> Metadefs::add_item(db::Session& s, const std::string& space, const ItemKind& kind,
                                const Json& wish) {
  Json body = body_of(kind, TRY(kind.fields->read(wish)));
  TimeUs now = clock_.now_us();
  Item item{space, kind.name, body["name"].as_string(), body, now, now};
  if (store::find_item(s, space, kind.name, item.name)) return exists(kind, item.name);
  if (static_cast<int64_t>(store::items(s, space, kind.name).size()) >= kMaxNamespaceItems)
    return Error(ErrorCode::too_large, "The namespace has too many of " + kind.segment + ".");
  store::insert_item(s, item);
  return item;
}

Result<Response> Metadefs::create_item(const Request& request, Context& context) {
  const ItemKind& kind = kind_of(context);
  Json body = TRY(parse_json(request.body));
  Item item = TRY(db_.write([&](db::Session& s) -> Result<Item> {
    return add_item(s, TRY(visible_namespace(s, context)).name, kind, body);
  }));
  return Response::json(201, item_view(kind, item));
}

// All at once, in place of those that were there.
Result<Response> Metadefs::create_tags(const Request& request, Context& context) {
  const ItemKind& kind = kind_of(context);
  Json body = TRY(parse_json(request.body));
  if (!body["tags"].is_array()) return bad_request("'tags' must be a list of tags.", "tags");
  auto items = TRY(db_.write([&](db::Session& s) -> Result<std::vector<Item>> {
    std::string space = TRY(visible_namespace(s, context)).name;
    store::remove_items(s, space, kind.name);
    for (const Json& tag : body["tags"].as_array()) TRYV(add_item(s, space, kind, tag));
    return store::items(s, space, kind.name);
  }));
  return Response::json(201, list_view(kind, items));
}

Result<Response> Metadefs::create_tag(const Request&, Context& context) {
  const ItemKind& kind = kind_of(context);
  Json body = Json::object({{"name", context.param("item")}});
  Item item = TRY(db_.write([&](db::Session& s) -> Result<Item> {
    return add_item(s, TRY(visible_namespace(s, context)).name, kind, body);
  }));
  return Response::json(201, item_view(kind, item));
}

Result<Response> Metadefs::list_items(const Request&, Context& context) {
  const ItemKind& kind = kind_of(context);
  auto items = TRY(db_.read([&](db::Session& s) -> Result<std::vector<Item>> {
    return store::items(s, TRY(visible_namespace(s, context)).name, kind.name);
  }));
  return Response::json(200, list_view(kind, items));
}

Result<Response> Metadefs::show_item(const Request&, Context& context) {
  const ItemKind& kind = kind_of(context);
  Item item = TRY(db_.read([&](db::Session& s) -> Result<Item> {
    std::string space = TRY(visible_namespace(s, context)).name;
    auto found = store::find_item(s, space, kind.name, context.param("item"));
    if (!found) return no_item(kind, context);
    return std::move(*found);
  }));
  return Response::json(200, item_view(kind, item));
}

Result<Response> Metadefs::update_item(const Request& request, Context& context) {
  const ItemKind& kind = kind_of(context);
  Json wish = TRY(parse_json(request.body));
  Item item = TRY(db_.write([&](db::Session& s) -> Result<Item> {
    std::string space = TRY(visible_namespace(s, context)).name;
    auto found = store::find_item(s, space, kind.name, context.param("item"));
    if (!found) return no_item(kind, context);
    std::string before = found->name;
    found->body = body_of(kind, TRY(kind.fields->read(wish)));
    found->name = found->body["name"].as_string();
    if (found->name != before && store::find_item(s, space, kind.name, found->name))
      return exists(kind, found->name);
    found->updated_us = clock_.now_us();
    store::update_item(s, before, *found);
    return std::move(*found);
  }));
  return Response::json(200, item_view(kind, item));
}

Result<Response> Metadefs::remove_item(const Request&, Context& context) {
  const ItemKind& kind = kind_of(context);
  TRYV(db_.write([&](db::Session& s) -> Status {
    Namespace n = TRY(visible_namespace(s, context));
    TRYV(check_unprotected(n));
    if (store::remove_item(s, n.name, kind.name, context.param("item")) == 0)
      return no_item(kind, context);
    return {};
  }));
  return Response::empty(204);
}

Result<Response> Metadefs::remove_items(const Request&, Context& context) {
  TRYV(db_.write([&](db::Session& s) -> Status {
    Namespace n = TRY(visible_namespace(s, context));
    TRYV(check_unprotected(n));
    store::remove_items(s, n.name, kind_of(context).name);
    return {};
  }));
  return Response::empty(204);
}

}  // namespace nuri::image
