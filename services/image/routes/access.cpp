#include "services/image/routes/access.h"

#include "services/image/routes/api.h"

namespace nuri::image {

namespace {

RouteDoc says(std::string text, Schema answers = nullptr, Schema reads = nullptr) {
  RouteDoc doc;
  doc.summary = std::move(text);
  doc.answers = std::move(answers);
  doc.reads = std::move(reads);
  return doc;
}

// Answered without a body, from none or from the data of an image.
RouteDoc does(std::string text, int status = 204) {
  RouteDoc doc = says(std::move(text));
  doc.no_answer = doc.no_body = true;
  doc.status = status;
  return doc;
}

template <auto Member>
Result<Response> run(Api& api, const Request& request, Context& context) {
  return (api.*Member)(request, context);
}

Schema one() { return schema_of(kImage); }
Schema membership() { return schema_of(kMember); }
Schema many(const char* name, Schema item) { return listed(name, std::move(item)); }

}  // namespace

const std::vector<Rule>& rules() {
  using enum Access;
  using A = Api;
  const auto kNone = Whose::none;
  const auto kMemory = Body::memory, kSpool = Body::spool;
  static const std::vector<Rule> kImages = {
      {"GET", "/", open, kNone, &run<&A::versions_to_choose>, kMemory, says("Versions of the API")},
      {"GET", "/v2", open, kNone, &run<&A::versions_to_choose>, kMemory,
       says("Versions of the API")},
      {"GET", "/versions", open, kNone, &run<&A::versions>, kMemory, says("Versions of the API")},
      {"GET", "/v2/schemas/{name*}", token, kNone, &run<&A::schema>, kMemory,
       says("A JSON schema")},
      {"GET", "/v2/info/import", token, kNone, &run<&A::import_methods>, kMemory,
       says("Import methods")},
      {"GET", "/v2/info/stores", token, kNone, &run<&A::stores>, kMemory,
       says("Stores, where several")},
      {"GET", "/v2/info/usage", reader, kNone, &run<&A::usage>, kMemory, says("Quota and its use")},

      {"POST", "/v2/images", member, kNone, &run<&A::create>, kMemory,
       says("Creates an image, without data", one(), one())},
      {"GET", "/v2/images", reader, kNone, &run<&A::list>, kMemory,
       says("Lists images", many("images", one()))},
      {"DELETE", "/v2/images", member, kNone, &run<&A::no_id>, kMemory,
       does("Deletes nothing: no id")},
      {"GET", "/v2/images/{id}", reader, Whose::seen, &run<&A::show>, kMemory,
       says("Shows an image", one())},
      {"PATCH", "/v2/images/{id}", member, Whose::owned, &run<&A::patch>, kMemory,
       says("Changes an image by a JSON patch", one())},
      {"DELETE", "/v2/images/{id}", member, Whose::owned, &run<&A::remove>, kMemory,
       does("Deletes an image")},
      {"POST", "/v2/images/{id}/actions/deactivate", member, Whose::owned, &run<&A::deactivate>,
       kMemory, does("Bars the data of an image from use")},
      {"POST", "/v2/images/{id}/actions/reactivate", member, Whose::owned, &run<&A::reactivate>,
       kMemory, does("Takes a deactivation back")},

      {"PUT", "/v2/images/{id}/file", member, Whose::owned, &run<&A::upload>, kSpool,
       does("Uploads the data of an image")},
      {"GET", "/v2/images/{id}/file", reader, Whose::seen, &run<&A::download>, kMemory,
       says("Downloads the data of an image")},
      {"PUT", "/v2/images/{id}/stage", member, Whose::owned, &run<&A::stage>, kSpool,
       does("Stages data to be imported")},
      {"POST", "/v2/images/{id}/import", member, Whose::owned, &run<&A::import_image>, kMemory,
       does("Makes staged data the data of its image", 202)},
      {"GET", "/v2/images/{id}/tasks", reader, Whose::owned, &run<&A::list_image_tasks>, kMemory,
       says("Imports of an image")},
      {"GET", "/v2/tasks", admin, kNone, &run<&A::list_tasks>, kMemory,
       says("Imports of all images")},
      {"GET", "/v2/tasks/{task}", admin, kNone, &run<&A::show_task>, kMemory, says("An import")},

      {"PUT", "/v2/images/{id}/tags/{tag}", member, Whose::owned, &run<&A::put_tag>, kMemory,
       does("Tags an image")},
      {"DELETE", "/v2/images/{id}/tags/{tag}", member, Whose::owned, &run<&A::remove_tag>, kMemory,
       does("Removes a tag")},
      {"POST", "/v2/images/{id}/members", member, Whose::owned, &run<&A::add_member>, kMemory,
       says("Shares an image with a project", membership())},
      {"GET", "/v2/images/{id}/members", reader, Whose::seen, &run<&A::list_members>, kMemory,
       says("Lists with whom an image is shared", many("members", membership()))},
      {"GET", "/v2/images/{id}/members/{member}", reader, Whose::shared, &run<&A::show_member>,
       kMemory, says("Shows a membership", membership())},
      {"PUT", "/v2/images/{id}/members/{member}", member, Whose::shared, &run<&A::update_member>,
       kMemory, says("Accepts or rejects a shared image", membership(), membership())},
      {"DELETE", "/v2/images/{id}/members/{member}", member, Whose::owned, &run<&A::remove_member>,
       kMemory, does("Ends the sharing with a project")},

      {"GET", "/internal/v1/images/{id}", service, kNone, &run<&A::internal_show>},
      {"PUT", "/internal/v1/images/{id}", service, kNone, &run<&A::internal_put>},
      {"DELETE", "/internal/v1/images/{id}", service, kNone, &run<&A::internal_remove>},
      {"GET", "/agent/v1/images/{id}/file", agent, kNone, &run<&A::agent_download>},
      {"PUT", "/agent/v1/images/{id}/file", agent, kNone, &run<&A::agent_upload>, kSpool},
  };
  static const std::vector<Rule> kRules = [] {
    std::vector<Rule> all = kImages;
    for (Rule& rule : metadef_rules()) all.push_back(std::move(rule));
    return all;
  }();
  return kRules;
}

void Api::add_routes(Router& router) {
  for (const Rule& rule : rules()) {
    Route route{std::string(rule.method), std::string(rule.pattern), rule.access,
                [this, f = rule.handler](const Request& q, Context& c) { return f(*this, q, c); },
                rule.body};
    if (rule.body == Body::spool) route.max_body = limits_.upload_bytes;
    route.doc = rule.doc;
    router.add(std::move(route));
  }
}

}  // namespace nuri::image
