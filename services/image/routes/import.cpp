#include "services/image/routes/api.h"
#include "services/image/store/import_store.h"

// Interoperable image import with the one method glance-direct: PUT /stage receives and checks the
// data, POST /import makes the image active. Data is fetched from no URL. What has been imported is
// shown as a task for two days.
namespace nuri::image {

namespace {

constexpr TimeUs kTaskKept = 2 * 86'400 * kSecondUs;
constexpr int64_t kMaxTasks = 1000;
constexpr std::string_view kMethod = "glance-direct";

struct ImportMethod {
  std::string name;
};
const Fields<ImportMethod> kImportMethod{
    "method",
    Fields<ImportMethod>::Unknown::ignore,
    {text("name", &ImportMethod::name).length(1, 255).required_()}};

// There is one store: which ones to import to makes no difference.
struct ImportWish {
  ImportMethod method;
  bool all_stores = false, all_must_succeed = true;
  std::vector<std::string> stores;
};
const Fields<ImportWish> kImportWish{
    "body",
    Fields<ImportWish>::Unknown::ignore,
    {
        object("method", &ImportWish::method, kImportMethod).required_(),
        boolean("all_stores", &ImportWish::all_stores),
        boolean("all_stores_must_succeed", &ImportWish::all_must_succeed),
        strings("stores", &ImportWish::stores).length(0, 64),
    }};

const Fields<store::Import> kTask{
    computed<store::Import>("id", [](const store::Import& i) { return i.id; }),
    computed<store::Import>("type", [](const store::Import&) { return "api_image_import"; }),
    computed<store::Import>("status", [](const store::Import&) { return "success"; }),
    computed<store::Import>("owner", [](const store::Import& i) { return i.owner; }),
    computed<store::Import>("image_id", [](const store::Import& i) { return i.image_id; }),
    computed<store::Import>("request_id", [](const store::Import& i) { return i.request_id; }),
    computed<store::Import>("user_id", [](const store::Import& i) { return i.user_id; }),
    computed<store::Import>("input", [](const store::Import& i) { return i.input; }),
    computed<store::Import>("result",
                            [](const store::Import& i) {
                              return Json::object({{"image_id", i.image_id}});
                            }),
    computed<store::Import>("message", [](const store::Import&) { return ""; }),
    computed<store::Import>("created_at",
                            [](const store::Import& i) { return iso_seconds(i.created_us); }),
    computed<store::Import>("updated_at",
                            [](const store::Import& i) { return iso_seconds(i.created_us); }),
    computed<store::Import>(
        "expires_at", [](const store::Import& i) { return iso_seconds(i.created_us + kTaskKept); }),
    computed<store::Import>("self", [](const store::Import& i) { return "/v2/tasks/" + i.id; }),
    computed<store::Import>("schema", [](const store::Import&) { return "/v2/schemas/task"; }),
};

Json tasks_json(const std::vector<store::Import>& imports) {
  Json out = Json::array();
  for (const auto& i : imports) out.push_back(kTask.write(i));
  return out;
}

}  // namespace

Result<Response> Api::import_methods(const Request&, Context&) {
  Json methods = Json::object({{"description", "Import methods available."},
                               {"type", "array"},
                               {"value", Json::array({kMethod})}});
  return Response::json(200, Json::object({{"import-methods", methods}}));
}

// As Glance where it has one store only.
Result<Response> Api::stores(const Request&, Context&) {
  return not_found("Multi backend is not supported at this site: there is one store.");
}

// In Glance's names and units.
Result<Response> Api::usage(const Request&, Context& context) {
  constexpr int64_t kMib = 1 << 20;
  Json out = Json::object();
  TRYV(db_.read([&](db::Session& s) {
    const std::string& project = context.claims.project_id;
    auto line = [&](const char* name, const char* resource, int64_t unit) {
      int64_t limit = quota_.limit(s, project, resource);
      int64_t used = (quota_.used(s, project, resource) + unit - 1) / unit;
      out.set(name, Json::object({{"limit", limit < 0 ? limit : limit / unit}, {"usage", used}}));
    };
    line("image_count_total", store::kImages, 1);
    line("image_size_total", store::kBytes, kMib);
  }));
  return Response::json(200, Json::object({{"usage", std::move(out)}}));
}

Result<Response> Api::import_image(const Request& request, Context& context) {
  Json body = TRY(parse_json(request.body));
  ImportWish wish = TRY(kImportWish.read(body));
  if (wish.method.name != kMethod) {
    return bad_request("Unknown import method name '" + wish.method.name.substr(0, 40) +
                           "': this cloud imports staged data (glance-direct) and fetches none "
                           "from a URL, another store or another cloud.",
                       "method");
  }
  TimeUs now = clock_.now_us();
  TRYV(db_.write([&](db::Session& s) -> Status {
    Image image = TRY(owned_image(s, context));
    if (image.status != "uploading") {
      return conflict(
          "Image needs to be staged before the 'glance-direct' method can be used; it is " +
          image.status + ".");
    }
    image.status = "active";
    image.updated_us = now;
    store::update(s, image);
    emit_usage(s, image, "begin", context.claims.user_id, now);
    store::forget_imports(s, now - kTaskKept);
    store::insert_import(
        s, {random_.uuid(), image.id, image.owner.value_or(""), context.claims.user_id,
            context.request_id, Json::object({{"image_id", image.id}, {"import_req", body}}), now});
    return {};
  }));
  return Response::empty(202);
}

Result<Response> Api::list_image_tasks(const Request&, Context& context) {
  auto imports = TRY(db_.read([&](db::Session& s) -> Result<std::vector<store::Import>> {
    Image image = TRY(owned_image(s, context));
    return store::imports(s, image.id, kMaxTasks);
  }));
  return Response::json(200, Json::object({{"tasks", tasks_json(imports)}}));
}

Result<Response> Api::list_tasks(const Request&, Context&) {
  auto imports = TRY(db_.read([](db::Session& s) { return store::imports(s, "", kMaxTasks); }));
  return Response::json(200, Json::object({{"tasks", tasks_json(imports)},
                                           {"first", "/v2/tasks"},
                                           {"schema", "/v2/schemas/tasks"}}));
}

Result<Response> Api::show_task(const Request&, Context& context) {
  auto found =
      TRY(db_.read([&](db::Session& s) { return store::find_import(s, context.param("task")); }));
  if (!found) return not_found("Task not found: " + context.param("task").substr(0, 64) + ".");
  return Response::json(200, kTask.write(*found));
}

}  // namespace nuri::image
