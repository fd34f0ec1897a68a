#include "network/routes/collection.h"

#include <charconv>

#include "network/routes/paging.h"
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

// If-Match: revision_number=N lets a change through only while the resource is at that revision.
Result<std::optional<int64_t>> expected_revision(const Request& request) {
  constexpr std::string_view kName = "revision_number=";
  const std::string* header = request.headers.find("If-Match");
  if (!header) return std::optional<int64_t>();
  int64_t value = 0;
  std::string_view text = *header;
  if (text.starts_with(kName)) text.remove_prefix(kName.size());
  auto r = std::from_chars(text.data(), text.data() + text.size(), value);
  bool whole = r.ec == std::errc() && r.ptr == text.data() + text.size();
  if (header->starts_with(kName) && whole && value >= 0) return std::optional(value);
  return bad_request(
      "If-Match must be revision_number=NUMBER, not '" + header->substr(0, 80) + "'.", "If-Match");
}

Status check_revision(Work& w, const Collection& c, const std::string& id,
                      const std::optional<int64_t>& expected) {
  if (!expected) return {};
  int64_t now = TRY(c.show(w, id))["revision_number"].as_int();
  if (now == *expected) return {};
  return Error(ErrorCode::precondition_failed, "Constrained to " + std::to_string(*expected) +
                                                   ", but current revision is " +
                                                   std::to_string(now) + ".")
      .with_type("RevisionNumberConstraintFailed");
}

// {PLURAL: [...], PLURAL_links: [...]}, from texts.
std::string list_text(const std::string& plural, const ShownPage& page, const Json& links) {
  constexpr size_t kAround = 1'000;  // names and links
  size_t size = kAround;
  for (const ShownRow& row : page.rows) size += row.text->size() + 1;
  std::string out;
  out.reserve(size);
  out += "{\"" + plural + "\":[";
  for (size_t i = 0; i < page.rows.size(); ++i) {
    if (i > 0) out += ',';
    out += *page.rows[i].text;
  }
  out += ']';
  if (links.size() > 0) {
    out += ",\"" + plural + "_links\":";
    links.dump_to(out);
  }
  out += '}';
  return out;
}

Result<Response> list(Service& service, const Collection& c, const Request& request,
                      Context& context) {
  Caller caller = TRY(Caller::from(context.claims));
  if (c.wants_default_group) TRYV(make_default_group(service, caller));
  ShownPage page =
      TRY(service.read(caller, [&](Work& w) { return page_of(w, c, request.query); }));
  Json links = page_links(page, request.query, context.base_url + request.path);
  return Response::text(200, list_text(c.plural, page, links), "application/json");
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
  if (TRY(expected_revision(request)))
    return bad_request("If-Match is not for what is created.", "If-Match");
  Caller caller = TRY(Caller::from(context.claims));
  Json body = TRY(parse_json(request.body));
  const Json* many = body.find(c.plural);
  if (!many) {
    Json one = TRY(body_member(request.body, c.singular));
    // The answer is made inside the transaction, so that it is kept with it (services/conduct).
    return service.write(caller, [&](Work& w) -> Result<Response> {
      Json made = TRY(c.create(w, one));
      return Response::json(201, Json::object({{c.singular, std::move(made)}}));
    });
  }
  if (!many->is_array() || many->size() == 0 || many->size() > kMostInBulk) {
    return bad_request("'" + c.plural + "' must be a list of 1 to 1000 resources.", c.plural);
  }
  return service.write(caller, [&](Work& w) -> Result<Response> {
    Json out = Json::array();
    for (const Json& one : many->as_array()) out.push_back(TRY(c.create(w, one)));
    return Response::json(201, Json::object({{c.plural, std::move(out)}}));
  });
}

Result<Response> update(Service& service, const Collection& c, const Request& request,
                        Context& context) {
  Caller caller = TRY(Caller::from(context.claims));
  Json body = TRY(body_member(request.body, c.singular));
  if (!body.is_object()) return bad_request("'" + c.singular + "' must be an object.", c.singular);
  auto revision = TRY(expected_revision(request));
  Json row = TRY(service.write(caller, [&](Work& w) -> Result<Json> {
    TRYV(check_revision(w, c, context.param("id"), revision));
    return c.update(w, context.param("id"), body);
  }));
  return Response::json(200, Json::object({{c.singular, std::move(row)}}));
}

Result<Response> remove(Service& service, const Collection& c, const Request& request,
                        Context& context) {
  Caller caller = TRY(Caller::from(context.claims));
  auto revision = TRY(expected_revision(request));
  TRYV(service.write(caller, [&](Work& w) -> Status {
    TRYV(check_revision(w, c, context.param("id"), revision));
    return c.remove(w, context.param("id"));
  }));
  return Response::empty(204);
}

Result<Response> act(Service& service, const Collection& c, const Collection::Act& action,
                     const Request& request, Context& context) {
  Caller caller = TRY(Caller::from(context.claims));
  auto revision = TRY(expected_revision(request));
  Json body = TRY(parse_json(request.body));
  if (!body.is_object()) return bad_request("The body must be an object.");
  Json row = TRY(service.write(caller, [&](Work& w) -> Result<Json> {
    TRYV(check_revision(w, c, context.param("id"), revision));
    return action(w, context.param("id"), body);
  }));
  return Response::json(200, row);
}

void document_lists(Route& r) {
  r.query("limit", "integer", "at most so many")
      .query("marker", "string", "the id of the last one of the page before")
      .query("sort_key", "string", "an attribute; several may be given")
      .query("sort_dir", "string", "asc or desc, one for each sort_key")
      .query("page_reverse", "boolean", "the page before the marker")
      .query("fields", "string", "only these attributes; several may be given")
      .query("tags", "string",
             "has all of these tags, separated by commas; also tags-any, "
             "not-tags, not-tags-any");
}

}  // namespace

void add_collection(Router& router, std::shared_ptr<Service> service, Collection collection) {
  auto c = std::make_shared<const Collection>(std::move(collection));
  auto handler = [&](auto f) {
    return [service, c, f](const Request& r, Context& x) { return f(*service, *c, r, x); };
  };
  std::string all = "/v2.0/" + c->path, one = all + "/{id}";
  auto shown = c->answers ? wrapped(c->singular, c->answers) : Schema();
  auto route = [&](const char* method, const std::string& pattern, Handler f) -> Route& {
    return add_route(router, method, pattern, std::move(f));
  };
  if (c->list) {
    Route& r = route("GET", all, handler(list)).says("Lists " + c->plural);
    if (c->answers) r.answers(listed(c->plural, c->answers));
    document_lists(r);
  }
  if (c->create) {
    route("POST", all, handler(create))
        .says("Creates one (" + c->singular + ") or several (" + c->plural + ": all or none)")
        .reads(c->reads ? wrapped(c->singular, c->reads) : Schema())
        .answers(shown)
        .status(201);
  }
  if (c->show) route("GET", one, handler(show)).says("Shows a " + c->singular).answers(shown);
  if (c->update) {
    route("PUT", one, handler(update))
        .says("Changes a " + c->singular)
        .reads(c->changes ? wrapped(c->singular, c->changes) : Schema())
        .answers(shown);
  }
  if (c->remove)
    route("DELETE", one, handler(remove)).says("Deletes a " + c->singular).answers_nothing();
  for (const Collection::Action& a : c->actions) {
    route("PUT", one + "/" + a.name,
          [service, c, run = a.act](const Request& r, Context& x) {
            return act(*service, *c, run, r, x);
          })
        .says("Does " + a.name + " to a " + c->singular)
        .reads(a.reads)
        .answers(a.answers);
  }
  if (c->tags) add_tag_routes(router, service, c);
}

}  // namespace nuri::network
