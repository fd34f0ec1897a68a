#include "services/conduct/openapi.h"

#include <map>
#include <mutex>
#include <set>

namespace nuri::conduct {

namespace {

Json ref(const char* what) { return Json::object({{"$ref", std::string("#/components/") + what}}); }

Json json_content(Json schema) {
  return Json::object({{"application/json", Json::object({{"schema", std::move(schema)}})}});
}

const char* access_name(Access a) {
  switch (a) {
    case Access::open:
      return "open";
    case Access::token:
      return "token";
    case Access::reader:
      return "reader";
    case Access::member:
      return "member";
    case Access::admin:
      return "admin";
    case Access::service:
      return "service";
    case Access::agent:
      return "agent";
  }
  return "";
}

// Pieces between slashes, in order.
std::vector<std::string> pieces_of(const std::string& pattern) {
  std::vector<std::string> out;
  for (size_t at = 0; at < pattern.size();) {
    size_t slash = std::min(pattern.find('/', at), pattern.size());
    if (slash > at) out.push_back(pattern.substr(at, slash - at));
    at = slash + 1;
  }
  return out;
}

bool is_parameter(const std::string& piece) { return piece.starts_with('{'); }

// OpenAPI takes two paths that differ in their parameters' names alone for the same: the first
// names them.
class Paths {
 public:
  std::string path_of(const std::string& pattern) {
    std::string shape, path;
    std::set<std::string> names;
    for (const std::string& piece : pieces_of(pattern)) {
      bool parameter = is_parameter(piece);
      shape += parameter ? "/{}" : "/" + piece;
      std::string name = parameter ? piece.substr(1, piece.find_first_of("*}") - 1) : piece;
      while (parameter && !names.insert(name).second) name += "_";
      path += parameter ? "/{" + name + "}" : "/" + name;
    }
    if (path.empty()) path = "/";
    return known_.try_emplace(shape, path).first->second;
  }

 private:
  std::map<std::string, std::string> known_;
};

class Writer {
 public:
  Writer(const Router& router, const Documents& documents)
      : router_(router), documents_(documents), version_(router.options().microversions.max) {}

  Json paths() {
    Json out = Json::object();
    for (const Route& route : router_.routes()) {
      std::string path = names_.path_of(route.pattern);
      Json& item = out[path];
      std::string method = route.method;
      for (char& c : method) c = static_cast<char>(c | 32);
      if (item[method].is_null()) item[method] = operation(told(route), path);
    }
    return out;
  }
  int64_t generic() const { return generic_; }

 private:
  // The route, with what is said of it elsewhere where it says nothing itself.
  Route told(const Route& route) const {
    Route out{route.method, route.pattern,  route.access, nullptr,
              route.body,   route.max_body, route.doc};
    const RouteDoc* other = documents_.find(route.method, route.pattern);
    if (!other) return out;
    RouteDoc& doc = out.doc;
    if (doc.summary.empty()) doc.summary = other->summary;
    if (!doc.reads) doc.reads = other->reads;
    if (!doc.answers) doc.answers = other->answers;
    if (doc.status == 0) doc.status = other->status;
    if (doc.query.empty()) doc.query = other->query;
    doc.no_body = doc.no_body || other->no_body;
    doc.no_answer = doc.no_answer || other->no_answer;
    return out;
  }

  Json operation(const Route& route, const std::string& path) {
    const RouteDoc& doc = route.doc;
    Json out = Json::object();
    std::string id = route.method + path;
    for (char& c : id) {
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
    }
    out.set("operationId", id);
    out.set("summary", doc.summary.empty() ? route.method + " " + path : doc.summary);
    out.set("tags", Json::array({tag_of(path)}));
    Json parameters = parameters_of(route, path);
    if (parameters.size() > 0) out.set("parameters", std::move(parameters));
    if (auto body = request_body(route)) out.set("requestBody", std::move(*body));
    out.set("responses", responses(route));
    Json nobody = Json::array();
    Json token = Json::array({Json::object({{"token", Json::array()}})});
    out.set("security", route.access == Access::open ? std::move(nobody) : std::move(token));
    out.set("x-nuri-access", access_name(route.access));
    return out;
  }

  static std::string tag_of(const std::string& path) {
    for (const std::string& piece : pieces_of(path)) {
      bool version = piece.size() > 1 && piece[0] == 'v' && piece[1] >= '0' && piece[1] <= '9';
      if (!version && !is_parameter(piece)) return piece;
    }
    return "versions";
  }

  Json parameters_of(const Route& route, const std::string& path) const {
    Json out = Json::array();
    auto add = [&](const std::string& name, const char* where, const std::string& type,
                   const std::string& says) {
      Json p = Json::object({{"name", name},
                             {"in", where},
                             {"required", std::string_view(where) == "path"},
                             {"schema", Json::object({{"type", type}})}});
      if (!says.empty()) p.set("description", says);
      out.push_back(std::move(p));
    };
    for (const std::string& piece : pieces_of(path)) {
      if (is_parameter(piece)) add(piece.substr(1, piece.size() - 2), "path", "string", "");
    }
    for (const auto& q : route.doc.query) add(q.name, "query", q.type, q.says);
    if (version_ > 0) out.push_back(ref("parameters/microversion"));
    if (route.method == "POST") out.push_back(ref("parameters/idempotency_key"));
    return out;
  }

  Json body_schema(const Schema& schema, bool reading) {
    if (schema) return schema(version_, reading);
    ++generic_;
    return Json::object({{"type", "object"}});
  }

  std::optional<Json> request_body(const Route& route) {
    bool takes = route.method == "POST" || route.method == "PUT" || route.method == "PATCH";
    if (!takes || route.doc.no_body || (route.body == Body::none && !route.doc.reads))
      return std::nullopt;
    if (route.body == Body::spool) {
      Json bytes = Json::object({{"schema", Json::object()}});
      return Json::object(
          {{"content", Json::object({{"application/octet-stream", std::move(bytes)}})}});
    }
    return Json::object({{"content", json_content(body_schema(route.doc.reads, true))}});
  }

  Json responses(const Route& route) {
    const RouteDoc& doc = route.doc;
    bool empty =
        doc.no_answer || route.method == "HEAD" || (route.method == "DELETE" && !doc.answers);
    std::string code = doc.status ? std::to_string(doc.status) : "2XX";
    Json good = Json::object({{"description", "Done"}});
    if (!empty) good.set("content", json_content(body_schema(doc.answers, false)));
    Json out = Json::object();
    out.set(code, std::move(good));
    out.set("4XX", ref("responses/error"));
    out.set("5XX", ref("responses/error"));
    return out;
  }

  const Router& router_;
  const Documents& documents_;
  int version_;
  int64_t generic_ = 0;
  Paths names_;
};

Json components(const Router& router) {
  const MicroversionRange& range = router.options().microversions;
  Json parameters = Json::object();
  if (range.max > 0) {
    std::string major = std::to_string(range.major) + ".";
    std::string said = range.service + " " + major + std::to_string(range.min) + " to " + major +
                       std::to_string(range.max) + ", or latest";
    parameters.set("microversion", Json::object({{"name", "OpenStack-API-Version"},
                                                 {"in", "header"},
                                                 {"required", false},
                                                 {"description", said},
                                                 {"schema", Json::object({{"type", "string"}})}}));
  }
  Json key = Json::object({{"type", "string"}, {"minLength", 1}, {"maxLength", 255}});
  parameters.set(
      "idempotency_key",
      Json::object(
          {{"name", "Idempotency-Key"},
           {"in", "header"},
           {"required", false},
           {"description", "The same key and body again get the first answer again, for a day"},
           {"schema", std::move(key)}}));
  Json error = Json::object({{"description", "Refused; the message names what is wrong"},
                             {"content", json_content(Json::object({{"type", "object"}}))}});
  Json token = Json::object({{"type", "apiKey"}, {"in", "header"}, {"name", "X-Auth-Token"}});
  return Json::object({{"securitySchemes", Json::object({{"token", std::move(token)}})},
                       {"parameters", std::move(parameters)},
                       {"responses", Json::object({{"error", std::move(error)}})}});
}

}  // namespace

Json openapi_document(const Router& router, const std::string& service,
                      const Documents& documents) {
  Writer writer(router, documents);
  Json paths = writer.paths();
  Json info = Json::object({{"title", "nuri " + service},
                            {"version", "1"},
                            {"x-nuri-generic-bodies", writer.generic()}});
  return Json::object({{"openapi", "3.1.0"},
                       {"info", std::move(info)},
                       {"servers", Json::array({Json::object({{"url", "/"}})})},
                       {"paths", std::move(paths)},
                       {"components", components(router)}});
}

void add_openapi_route(Router& router, const std::string& service, Documents documents) {
  struct Made {
    std::once_flag once;
    std::string text;
  };
  auto made = std::make_shared<Made>();
  router
      .add("GET", "/openapi.json", Access::open,
           [&router, service, made, documents = std::move(documents)](
               const Request&, Context&) -> Result<Response> {
             std::call_once(made->once, [&] {
               made->text = openapi_document(router, service, documents).dump();
             });
             return Response::text(200, made->text, "application/json");
           })
      .says("This document")
      .answers(schema_of(Json::object({{"type", "object"}})));
}

}  // namespace nuri::conduct
