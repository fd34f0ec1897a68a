#include "metering/routes/audit.h"

#include <algorithm>
#include <charconv>

#include "services/base/schema_like.h"

namespace nuri::metering {

namespace {

constexpr size_t kDefaultPage = 100, kMaxPage = 900;
constexpr size_t kSameInstant = 100;  // events of one microsecond that a page is lengthened by

Result<size_t> limit_of(const Request& request) {
  const std::string* text = request.query.find("limit");
  if (!text) return kDefaultPage;
  size_t n = 0;
  auto r = std::from_chars(text->data(), text->data() + text->size(), n);
  if (r.ec != std::errc() || r.ptr != text->data() + text->size() || n < 1 || n > kMaxPage)
    return bad_request("limit must be a number from 1 to " + std::to_string(kMaxPage) + ".",
                       "limit");
  return n;
}

// The caller's filters for one service: pages go by time here, as numbers are each service's own.
std::string target_of(const Request& request, size_t limit) {
  Query query = request.query;
  query.set("limit", std::to_string(limit + kSameInstant));
  return "/audit/v1/events?" + query.encode();
}

Json link_to_next(const Request& request, const Context& c, const Json& last) {
  Query next = request.query;
  next.set("until", last["at"].as_string());
  return Json::object(
      {{"rel", "next"}, {"href", c.base_url + "/v1/audit/events?" + next.encode()}});
}

Result<Response> merged(const std::vector<AuditSource>& sources, const Request& request,
                        const Context& c) {
  if (request.query.contains("marker"))
    return bad_request("This list is paged by until, not by marker.", "marker");
  size_t limit = TRY(limit_of(request));
  Json::Array events;
  Json missing = Json::array(), links = Json::array();
  for (const AuditSource& source : sources) {
    auto part = source.get(target_of(request, limit), c.token);
    if (!part && part.error().code == ErrorCode::bad_request) return part.error();
    if (!part) {
      missing.push_back(source.service);
      continue;
    }
    for (Json& event : (*part)["events"].array_ref()) {
      event.set("source", source.service);
      events.push_back(std::move(event));
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const Json& a, const Json& b) {
    return a["at"].as_string() > b["at"].as_string();
  });
  size_t shown = std::min(limit, events.size());
  while (shown > 0 && shown < events.size() && events[shown]["at"] == events[shown - 1]["at"])
    ++shown;
  bool more = shown < events.size();
  events.resize(shown);
  if (more) links.push_back(link_to_next(request, c, events.back()));
  return Response::json(200, Json::object({{"events", Json(std::move(events))},
                                           {"links", std::move(links)},
                                           {"missing", std::move(missing)}}));
}

}  // namespace

void add_audit_routes(Router& router, std::vector<AuditSource> sources) {
  router
      .add("GET", "/v1/audit/events", Access::reader,
           [sources = std::move(sources)](const Request& q, Context& c) {
             return merged(sources, q, c);
           })
      .says("Lists what was changed and what was refused in all services, newest first")
      .query("limit", "integer", "1 to 900, 100 if not given")
      .query("since", "string", "ISO 8601, inclusive")
      .query("until", "string", "ISO 8601, exclusive")
      .query("resource_id", "string", "Only events of this resource; any filter of a service's log")
      .answers(schema_like(
          R"({"missing": ["compute"], "links": [{"rel": "next", "href": ""}], "events": [
        {"source": "compute", "number": 1, "at": "", "request_id": "", "user_id": "", "user_name": "",
         "project_id": "", "domain_id": "", "service": "", "address": "", "method": "", "path": "",
         "action": "", "resource_type": "", "resource_id": "", "status": 1, "outcome": "", "error": ""}]})"));
}

}  // namespace nuri::metering
