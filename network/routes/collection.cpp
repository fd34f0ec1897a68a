#include "network/routes/collection.h"

#include "network/domain/listing.h"
#include "services/base/fields.h"

namespace nuri::network {

namespace {

using Shared = std::shared_ptr<const Collection>;

// A project's first look at its groups makes the default one; later looks only read.
Status make_default_group(Service& service, const Caller& caller) {
  if (caller.project_id.empty()) return {};
  int64_t there = TRY(service.db.read([&](db::Session& s) {
    return s.count("SELECT COUNT(*) FROM default_groups WHERE project_id = ?1",
                   {caller.project_id});
  }));
  if (there > 0) return {};
  return service.write(caller, [&](Work& w) -> Status {
    TRYV(default_group(w, caller.project_id));
    return {};
  });
}

Result<Response> list(Service& service, const Collection& c, const Request& request,
                      Context& context) {
  Caller caller = TRY(Caller::from(context.claims));
  if (c.wants_default_group) TRYV(make_default_group(service, caller));
  auto rows = TRY(service.read(caller, [&](Work& w) { return c.list(w); }));
  Page page = TRY(list_page(std::move(rows), request.query, c.attributes));
  Json links = page_links(page, request.query, context.base_url + request.path);
  Json items = Json::array();
  for (Json& item : page.items) items.push_back(with_fields(std::move(item), request.query));
  Json out = Json::object({{c.plural, std::move(items)}});
  if (links.size() > 0) out.set(c.plural + "_links", std::move(links));
  return Response::json(200, out);
}

Result<Response> show(Service& service, const Collection& c, const Request& request,
                      Context& context) {
  Caller caller = TRY(Caller::from(context.claims));
  Json item = TRY(service.read(caller, [&](Work& w) { return c.show(w, context.param("id")); }));
  return Response::json(200,
                        Json::object({{c.singular, with_fields(std::move(item), request.query)}}));
}

Result<Response> create(Service& service, const Collection& c, const Request& request,
                        Context& context) {
  constexpr size_t kMostInBulk = 1'000;
  Caller caller = TRY(Caller::from(context.claims));
  Json body = TRY(parse_json(request.body));
  const Json* many = body.find(c.plural);
  if (!many) {
    Json one = TRY(body_member(request.body, c.singular));
    Json made = TRY(service.write(caller, [&](Work& w) { return c.create(w, one); }));
    return Response::json(201, Json::object({{c.singular, std::move(made)}}));
  }
  if (!many->is_array() || many->size() == 0 || many->size() > kMostInBulk) {
    return bad_request("'" + c.plural + "' must be a list of 1 to 1000 resources.", c.plural);
  }
  Json made = TRY(service.write(caller, [&](Work& w) -> Result<Json> {
    Json out = Json::array();
    for (const Json& one : many->as_array()) out.push_back(TRY(c.create(w, one)));
    return out;
  }));
  return Response::json(201, Json::object({{c.plural, std::move(made)}}));
}

Result<Response> update(Service& service, const Collection& c, const Request& request,
                        Context& context) {
  Caller caller = TRY(Caller::from(context.claims));
  Json body = TRY(body_member(request.body, c.singular));
  if (!body.is_object()) return bad_request("'" + c.singular + "' must be an object.", c.singular);
  Json row =
      TRY(service.write(caller, [&](Work& w) { return c.update(w, context.param("id"), body); }));
  return Response::json(200, Json::object({{c.singular, std::move(row)}}));
}

Result<Response> remove(Service& service, const Collection& c, const Request&, Context& context) {
  Caller caller = TRY(Caller::from(context.claims));
  TRYV(service.write(caller, [&](Work& w) { return c.remove(w, context.param("id")); }));
  return Response::empty(204);
}

}  // namespace

void add_collection(Router& router, std::shared_ptr<Service> service, Collection collection) {
  auto c = std::make_shared<const Collection>(std::move(collection));
  auto handler = [&](auto f) {
    return [service, c, f](const Request& r, Context& x) { return f(*service, *c, r, x); };
  };
  std::string all = "/v2.0/" + c->path, one = all + "/{id}";
  if (c->list) router.add("GET", all, Access::reader, handler(list));
  if (c->create) router.add("POST", all, Access::member, handler(create));
  if (c->show) router.add("GET", one, Access::reader, handler(show));
  if (c->update) router.add("PUT", one, Access::member, handler(update));
  if (c->remove) router.add("DELETE", one, Access::member, handler(remove));
  if (c->tags) add_tag_routes(router, service, c);
}

}  // namespace nuri::network
