#include <algorithm>

#include "network/domain/addresses.h"
#include "network/routes/collection.h"
#include "services/base/fields.h"

namespace nuri::network {

namespace {

constexpr size_t kMostTags = 50;

using Tags = std::vector<std::string>;
using Change = std::function<Status(Tags&)>;

Status check_tag(const std::string& tag) {
  FieldRules rules{.name = "tag", .type = "string", .min = 1, .max = 60};
  TRYV(check_field(rules, Json(tag)));
  if (tag.find(',') == std::string::npos) return {};
  return bad_request("a tag must not hold a comma.", "tag");
}

Result<Tags> change_tags(Service& service, const Collection& c, Context& context,
                         const Change& change) {
  Caller caller = TRY(Caller::from(context.claims));
  return service.write(caller, [&](Work& w) -> Result<Tags> {
    Tags tags = TRY(c.tags(w, context.param("id")));
    TRYV(change(tags));
    if (tags.size() > kMostTags) return bad_request("a resource has at most 50 tags.", "tags");
    TRYV(c.set_tags(w, context.param("id"), tags));
    return tags;
  });
}

Error no_tag(const std::string& tag) {
  return neutron_error_of(ErrorCode::not_found, "TagNotFound",
                          "Tag " + tag.substr(0, 80) + " could not be found.");
}

}  // namespace

void add_tag_routes(Router& router, std::shared_ptr<Service> service,
                    std::shared_ptr<const Collection> c) {
  std::string base = "/v2.0/" + c->path + "/{id}/tags", one = base + "/{tag}";
  auto current = [service, c](Context& x) -> Result<Tags> {
    Caller caller = TRY(Caller::from(x.claims));
    return service->read(caller, [&](Work& w) { return c->tags(w, x.param("id")); });
  };
  Schema all = wrapped("tags", schema_of(*parse_json(R"({"type": "array",
      "items": {"type": "string", "maxLength": 60}, "maxItems": 50})")));
  add_route(router, "GET", base,
            [current](const Request&, Context& x) -> Result<Response> {
              return Response::json(200, Json::object({{"tags", Json::strings(TRY(current(x)))}}));
            })
      .says("Lists the tags of a " + c->singular)
      .answers(all);
  add_route(router, "GET", one,
            [current](const Request&, Context& x) -> Result<Response> {
              Tags tags = TRY(current(x));
              if (std::find(tags.begin(), tags.end(), x.param("tag")) == tags.end())
                return no_tag(x.param("tag"));
              return Response::empty(204);
            })
      .says("Whether a " + c->singular + " has this tag")
      .answers_nothing()
      .status(204);
  add_route(router, "PUT", base,
            [service, c](const Request& r, Context& x) -> Result<Response> {
              Json asked = TRY(body_member(r.body, "tags"));
              FieldRules rules{.name = "tags", .type = "strings", .max = 50};
              TRYV(check_field(rules, asked));
              Tags wanted;
              for (const std::string& t : strings_from(asked)) {
                TRYV(check_tag(t));
                if (std::find(wanted.begin(), wanted.end(), t) == wanted.end()) wanted.push_back(t);
              }
              Tags now = TRY(change_tags(*service, *c, x, [&](Tags& t) -> Status {
                t = wanted;
                return {};
              }));
              return Response::json(200, Json::object({{"tags", Json::strings(now)}}));
            })
      .says("Replaces the tags of a " + c->singular)
      .reads(all)
      .answers(all);
  add_route(router, "PUT", one,
            [service, c](const Request&, Context& x) -> Result<Response> {
              TRYV(check_tag(x.param("tag")));
              TRYV(change_tags(*service, *c, x, [&](Tags& t) -> Status {
                if (std::find(t.begin(), t.end(), x.param("tag")) == t.end())
                  t.push_back(x.param("tag"));
                return {};
              }));
              return Response::empty(201);
            })
      .says("Adds a tag to a " + c->singular)
      .reads_nothing()
      .answers_nothing()
      .status(201);
  add_route(router, "DELETE", base,
            [service, c](const Request&, Context& x) -> Result<Response> {
              TRYV(change_tags(*service, *c, x, [](Tags& t) -> Status {
                t.clear();
                return {};
              }));
              return Response::empty(204);
            })
      .says("Takes all tags from a " + c->singular)
      .answers_nothing();
  add_route(router, "DELETE", one,
            [service, c](const Request&, Context& x) -> Result<Response> {
              TRYV(change_tags(*service, *c, x, [&](Tags& t) -> Status {
                if (std::erase(t, x.param("tag")) == 0) return no_tag(x.param("tag"));
                return {};
              }));
              return Response::empty(204);
            })
      .says("Takes a tag from a " + c->singular)
      .answers_nothing();
}

}  // namespace nuri::network
