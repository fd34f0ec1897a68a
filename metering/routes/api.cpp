#include "metering/routes/api.h"

#include <charconv>

#include "metering/routes/cost_view.h"
#include "metering/store/ledger_store.h"
#include "services/base/schema_like.h"

namespace nuri::metering {

namespace {

constexpr int64_t kMaxLedgerPage = 1000;

Result<TimeUs> time_of(const Request& request, const std::string& name, TimeUs fallback) {
  const std::string* text = request.query.find(name);
  if (!text || text->empty()) return fallback;
  auto time = parse_iso(*text);
  if (!time) return bad_request(name + " must be an ISO 8601 time, as 2026-01-31T12:00:00Z.", name);
  return *time;
}

Result<int64_t> number_of(const Request& request, const std::string& name, int64_t fallback,
                          int64_t max) {
  const std::string* text = request.query.find(name);
  if (!text) return fallback;
  int64_t v = -1;
  auto r = std::from_chars(text->data(), text->data() + text->size(), v);
  if (r.ec != std::errc() || r.ptr != text->data() + text->size() || v < 0 || v > max) {
    return bad_request(name + " must be a whole number, 0 to " + std::to_string(max) + ".", name);
  }
  return v;
}

bool sees_everything(const Claims& c) { return c.is_admin() || c.is_service(); }

std::vector<Rated> rate_all(const std::vector<DatedList>& lists, std::vector<Interval> intervals,
                            TimeUs from, TimeUs to, bool now) {
  std::vector<Rated> out;
  for (Interval& i : intervals) {
    // A clock set back must not hide what runs.
    TimeUs until = now && !i.end_us ? std::max(to, i.begin_us) : to;
    Rated r{std::move(i), {}};
    r.lines = rate_interval(lists, r.interval, from, until);
    for (Line& l : r.lines) l.open = l.open && now;
    out.push_back(std::move(r));
  }
  return out;
}

std::string currency_of(const std::vector<DatedList>& lists) {
  return lists.empty() ? "USD" : lists.back().list.currency;
}

Json entry_json(const store::Entry& e) {
  return Json::object({{"number", e.number},
                       {"source", e.source},
                       {"event", e.event},
                       {"kind", e.kind},
                       {"opened_by", e.opened_by},
                       {"at", iso_micros(e.at_us)},
                       {"resource_type", e.resource_type},
                       {"resource_id", e.resource_id},
                       {"project_id", e.project_id},
                       {"user_id", e.user_id},
                       {"data", e.data},
                       {"hash", e.hash}});
}

Result<Response> versions(const Request&, Context& c) {
  Json link = Json::object({{"rel", "self"}, {"href", c.base_url + "/v1"}});
  Json v1 = Json::object({{"id", "v1"}, {"status", "CURRENT"}, {"links", Json::array({link})}});
  return Response::json(200, Json::object({{"versions", Json::array({v1})}}));
}

// What answers look like, for the OpenAPI document.
constexpr const char* kVersions =
    R"({"versions": [{"id": "v1", "status": "CURRENT", "links": [{"rel": "self", "href": ""}]}]})";
constexpr const char* kResourceCost =
    R"({"cost": {"resource_id": "", "currency": "USD", "amount": "", "rate_per_hour": "", "as_of": "", "intervals":
    [{"meter": "", "resource_id": "", "begin": "", "end": null, "quantity": "", "unit": "", "rate_per_hour": "", "amount": ""}]}})";
constexpr const char* kProjectCost =
    R"({"cost": {"project_id": "", "currency": "USD", "amount": "", "rate_per_hour": "", "begin": null, "as_of": "",
    "by_meter": [{"meter": "", "unit": "", "amount": "", "rate_per_hour": ""}], "resources": [{"resource_id": "",
    "resource_type": "", "name": "", "amount": "", "rate_per_hour": "", "open": true}]}})";
constexpr const char* kEntries =
    R"({"next": "", "entries": [{"number": 1, "source": "", "event": 1, "kind": "", "opened_by": null, "at": "",
    "resource_type": "", "resource_id": "", "project_id": "", "user_id": "", "data": {}, "hash": ""}]})";
constexpr const char* kPrices =
    R"({"currency": "USD", "prices": [{"meter": "", "unit": "", "rate_per_hour": ""}],
    "flavor_prices": [{"meter": "", "unit": "", "rate_per_hour": "", "flavor": ""}]})";

}  // namespace

void Api::add_routes(Router& router) {
  for (const char* path : {"/", "/v1"})
    router.add("GET", path, Access::open, versions)
        .says("Lists versions")
        .answers(schema_like(kVersions));
  auto cost_of = [this](std::string type) {
    return [this, type](const Request& q, Context& c) { return resource_cost(q, c, type); };
  };
  for (const auto& [path, type] :
       {std::pair("/v1/servers/{id}/cost", "server"), std::pair("/v1/volumes/{id}/cost", "volume"),
        std::pair("/v1/resources/{id}/cost", "")})
    router.add("GET", path, Access::reader, cost_of(type))
        .says("What it has cost so far, to the second")
        .answers(schema_like(kResourceCost));
  router
      .add("GET", "/v1/projects/{id}/cost", Access::reader,
           [this](const Request& q, Context& c) { return project_cost(q, c); })
      .says("What a project's resources have cost")
      .query("begin", "string", "ISO 8601; from the first usage if not given")
      .query("end", "string", "ISO 8601; now if not given")
      .answers(schema_like(kProjectCost));
  router
      .add("GET", "/v1/prices", Access::token,
           [this](const Request& q, Context& c) { return prices(q, c); })
      .says("The price list in force")
      .answers(schema_like(kPrices));
  router
      .add("GET", "/v1/ledger", Access::admin,
           [this](const Request& q, Context& c) { return ledger(q, c); })
      .says("Usage as it was told, in order")
      .query("after", "integer", "Entries after this number")
      .query("limit", "integer", "0 to 1000, 100 if not given")
      .answers(schema_like(kEntries));
  router
      .add("GET", "/v1/ledger/check", Access::admin,
           [this](const Request& q, Context& c) { return ledger_check(q, c); })
      .says("Checks that no entry was altered or removed")
      .answers(schema_like(R"({"entries": 1, "intact": true, "broken_at": null, "head": ""})"));
}

Result<Response> Api::resource_cost(const Request&, Context& context, const std::string& type) {
  const std::string& id = context.param("id");
  const Claims& c = context.claims;
  Error none = not_found("No usage of a resource " + id.substr(0, 64) + " is known.");
  if (!sees_everything(c) && c.project_id.empty()) return none;
  TimeUs now = clock_.now_us();
  return db_.read([&](db::Session& s) -> Result<Response> {
    auto intervals = store::of_resource(s, type, id, sees_everything(c) ? "" : c.project_id);
    if (intervals.empty()) return none;
    auto lists = store::price_lists(s);
    return Response::json(
        200, resource_cost_json(id, currency_of(lists),
                                rate_all(lists, std::move(intervals), 0, now, true), now));
  });
}

Result<Response> Api::project_cost(const Request& request, Context& context) {
  const std::string& id = context.param("id");
  const Claims& c = context.claims;
  if (!sees_everything(c) && (c.project_id.empty() || id != c.project_id)) {
    return not_found("No project " + id.substr(0, 64) + " is known.");
  }
  TimeUs now = clock_.now_us();
  TimeUs from = TRY(time_of(request, "begin", 0));
  TimeUs to = TRY(time_of(request, "end", now));
  if (to < from) return bad_request("end must not be before begin.", "end");
  bool running = to >= now;
  to = std::min(to, now);
  return db_.read([&](db::Session& s) -> Result<Response> {
    auto lists = store::price_lists(s);
    auto rated = rate_all(lists, store::of_project(s, id, from, running ? INT64_MAX : to), from, to,
                          running);
    return Response::json(200, project_cost_json(id, currency_of(lists), rated, from, to));
  });
}

Result<Response> Api::prices(const Request&, Context&) {
  auto lists = TRY(db_.read([](db::Session& s) { return store::price_lists(s); }));
  return Response::json(200, price_list_json(lists.empty() ? PriceList() : lists.back().list));
}

Result<Response> Api::ledger(const Request& request, Context&) {
  int64_t after = TRY(number_of(request, "after", 0, INT64_MAX));
  int64_t limit = TRY(number_of(request, "limit", 100, kMaxLedgerPage));
  auto page = TRY(db_.read([&](db::Session& s) { return store::entries(s, after, limit); }));
  Json entries = Json::array();
  for (const auto& e : page) entries.push_back(entry_json(e));
  Json out = Json::object({{"entries", std::move(entries)}});
  if (limit > 0 && static_cast<int64_t>(page.size()) == limit) {
    out.set("next", "/v1/ledger?after=" + std::to_string(page.back().number) +
                        "&limit=" + std::to_string(limit));
  }
  return Response::json(200, out);
}

Result<Response> Api::ledger_check(const Request&, Context&) {
  auto check = TRY(db_.read([](db::Session& s) { return store::check_chain(s); }));
  return Response::json(
      200, Json::object({{"entries", check.entries},
                         {"intact", !check.broken_at},
                         {"broken_at", check.broken_at ? Json(*check.broken_at) : Json()},
                         {"head", check.head}}));
}

}  // namespace nuri::metering
