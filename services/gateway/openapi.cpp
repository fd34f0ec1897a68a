#include "services/gateway/openapi.h"

#include <chrono>

namespace nuri::gateway {

namespace {

constexpr int64_t kGoodForS = 60;
constexpr unsigned kTimeoutMs = 5'000;
constexpr const char* kComponents = "#/components/";

// "#/components/parameters/x" of "/compute" becomes "#/components/parameters/compute_x".
void rename_refs(Json& value, const std::string& service) {
  if (value.is_array()) {
    for (Json& item : value.array_ref()) rename_refs(item, service);
  }
  if (!value.is_object()) return;
  for (auto& [key, member] : value.object_ref()) {
    if (key != "$ref" || !member.as_string().starts_with(kComponents)) {
      rename_refs(member, service);
      continue;
    }
    std::string target = member.as_string();
    target.insert(target.rfind('/') + 1, service + "_");
    member = Json(target);
  }
}

Json operation(const std::string& id, const std::string& summary, const char* type) {
  Json content = Json::object();
  content.set(type, Json::object({{"schema", Json::object()}}));
  Json good = Json::object({{"description", "Done"}, {"content", std::move(content)}});
  return Json::object(
      {{"get", Json::object({{"operationId", id},
                             {"summary", summary},
                             {"security", Json::array()},
                             {"responses", Json::object({{"200", std::move(good)}})}})}});
}

Json own_part() {
  Json token = Json::object({{"type", "apiKey"}, {"in", "header"}, {"name", "X-Auth-Token"}});
  return Json::object(
      {{"openapi", "3.1.0"},
       {"info", Json::object({{"title", "nuri"}, {"version", "1"}, {"x-nuri-generic-bodies", 0}})},
       {"servers", Json::array({Json::object({{"url", "/"}})})},
       {"paths",
        Json::object(
            {{"/openapi.json", operation("get_openapi", "This document", "application/json")},
             {"/healthz", operation("get_healthz", "Is the gateway up", "text/plain")}})},
       {"components",
        Json::object({{"securitySchemes", Json::object({{"token", std::move(token)}})}})}});
}

int64_t steady_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void merge_openapi(Json& whole, const Json& part, const std::string& prefix) {
  const std::string service = prefix.substr(1);
  for (const auto& [path, item] : part["paths"].as_object()) {
    Json kept = Json::object();
    for (const auto& [method, found] : item.as_object()) {
      const std::string access = found["x-nuri-access"].as_string();
      if (access == "service" || access == "agent" || path.starts_with("/internal/") ||
          path.starts_with("/agent/"))
        continue;
      Json one = found;
      rename_refs(one, service);
      one.set("operationId", service + "_" + found["operationId"].as_string());
      Json tags = Json::array();
      for (const Json& tag : found["tags"].as_array())
        tags.push_back(service + " " + tag.as_string());
      one.set("tags", std::move(tags));
      kept.set(method, std::move(one));
    }
    if (kept.size() > 0) whole["paths"].set(prefix + (path == "/" ? "" : path), std::move(kept));
  }
  for (const auto& [kind, members] : part["components"].as_object()) {
    if (kind == "securitySchemes") continue;  // the same token everywhere
    for (const auto& [name, member] : members.as_object())
      whole["components"][kind].set(service + "_" + name, member);
  }
  Json& count = whole["info"]["x-nuri-generic-bodies"];
  count = Json(count.as_int() + part["info"]["x-nuri-generic-bodies"].as_int());
}

OpenApi::OpenApi(const std::vector<Upstream>& upstreams) : upstreams_(upstreams) {}

Result<Json> OpenApi::fetch(const Upstream& upstream) {
  auto& client = clients_[upstream.prefix];
  if (!client) {
    http::ClientOptions options;
    bool v6 = upstream.host.find(':') != std::string::npos;
    options.base_url = "http://" + (v6 ? "[" + upstream.host + "]" : upstream.host) + ":" +
                       std::to_string(upstream.port);
    client = TRY(http::Client::create(std::move(options)));
  }
  return client->call("GET", "/openapi.json", {}, {}, kTimeoutMs);
}

std::string OpenApi::document() {
  std::lock_guard lock(mutex_);
  if (steady_seconds() < good_until_s_) return text_;
  Json whole = own_part(), missing = Json::array();
  for (const Upstream& upstream : upstreams_) {
    auto part = fetch(upstream);
    if (part)
      merge_openapi(whole, *part, upstream.prefix);
    else
      missing.push_back(upstream.prefix.substr(1));
  }
  const bool all = missing.size() == 0;
  if (!all) whole["info"].set("x-nuri-missing", std::move(missing));
  text_ = whole.dump();
  if (all) good_until_s_ = steady_seconds() + kGoodForS;
  return text_;
}

}  // namespace nuri::gateway
