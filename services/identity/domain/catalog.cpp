#include "services/identity/domain/catalog.h"

#include <algorithm>
#include <optional>

namespace nuri::identity {

Catalog make_catalog(const std::vector<Service>& services, const std::vector<Endpoint>& endpoints) {
  Catalog out;
  for (const Service& s : services) {
    if (!s.enabled) continue;
    CatalogService made{s.id, s.type, s.name.value_or(""), {}};
    for (const Endpoint& e : endpoints) {
      if (e.service_id == s.id && e.enabled) made.endpoints.push_back(e);
    }
    if (!made.endpoints.empty()) out.push_back(std::move(made));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.type < b.type; });
  return out;
}

namespace {

// Both spellings that Keystone knows: $(name)s and %(name)s.
std::optional<std::string> substituted(const std::string& url, const CatalogNames& names) {
  std::string out;
  for (size_t i = 0; i < url.size(); ++i) {
    bool opens = (url[i] == '$' || url[i] == '%') && i + 1 < url.size() && url[i + 1] == '(';
    if (!opens) {
      if (url.compare(i, 6, "{base}") == 0) {
        out += names.base;
        i += 5;
      } else {
        out += url[i];
      }
      continue;
    }
    size_t end = url.find(")s", i);
    if (end == std::string::npos) return std::nullopt;
    std::string name = url.substr(i + 2, end - i - 2);
    const std::string* value = name == "project_id" || name == "tenant_id" ? &names.project_id
                               : name == "user_id"                         ? &names.user_id
                                                                           : nullptr;
    if (!value || value->empty()) return std::nullopt;
    out += *value;
    i = end + 1;
  }
  return out;
}

}  // namespace

Json catalog_json(const Catalog& catalog, const CatalogNames& names) {
  Json out = Json::array();
  for (const CatalogService& s : catalog) {
    Json endpoints = Json::array();
    for (const Endpoint& e : s.endpoints) {
      auto url = substituted(e.url, names);
      if (!url) continue;
      Json region = e.region_id ? Json(*e.region_id) : Json();
      endpoints.push_back(Json::object({{"id", e.id},
                                        {"interface", e.interface},
                                        {"region_id", region},
                                        {"url", std::move(*url)},
                                        {"region", region}}));
    }
    out.push_back(Json::object(
        {{"endpoints", std::move(endpoints)}, {"id", s.id}, {"type", s.type}, {"name", s.name}}));
  }
  return out;
}

}  // namespace nuri::identity
