#include <algorithm>
#include <charconv>
#include <chrono>

#include "services/base/log.h"
#include "services/base/schema_like.h"
#include "services/feed/feed.h"

namespace nuri::feed {

namespace {
constexpr int64_t kMaxWaitMs = 30'000;
constexpr int kMaxPollsPerHost = 2;  // an agent that reconnects while its old poll is still held
constexpr size_t kMaxItems = 10'000;
constexpr size_t kMaxCallsPerHost = 8;  // each holds a worker of the service
constexpr auto kPollGap = std::chrono::seconds(5);  // an agent's polls follow one another closer than this
constexpr TimeUs kKeepAbsentUs = 24 * 3600 * kSecondUs;

int64_t number_of(const std::string& text, int64_t fallback) {
  int64_t value = 0;
  auto r = std::from_chars(text.data(), text.data() + text.size(), value);
  return r.ec == std::errc() && r.ptr == text.data() + text.size() && value >= 0 ? value : fallback;
}

// An agent speaks for its own host only.
Result<std::string> host_of(const Request& request, const Context& context) {
  std::string host = request.query.get("host");
  if (host.empty()) return bad_request("The query needs host.", "host");
  if (context.claims.host != host) return forbidden("This agent does not speak for host '" + host + "'.");
  return host;
}
}  // namespace

void Feed::add_routes(Router& router) {
  router.add({"GET", "/agent/v1/desired", Access::agent, [this](const Request& q, Context& c) { return get_desired(q, c); }, Body::none});
  router.add({"POST", "/agent/v1/observed", Access::agent, [this](const Request& q, Context& c) { return post_observed(q, c); }, Body::memory, 16 << 20});
  router.add("GET", "/v1/orphans", Access::admin, [this](const Request&, Context&) { return get_orphans(); })
      .says("What agents have found running that nobody wants")
      .answers(schema_like(R"({"orphans": [{"host": "", "id": "", "state": {}}]})"));
  router.add({"POST", "/agent/v1/replies", Access::agent, [this](const Request& q, Context& c) { return post_reply(q, c); }, Body::memory, 16 << 20});
}

Result<Response> Feed::get_desired(const Request& request, Context& context) {
  std::string host = TRY(host_of(request, context));
  int64_t after = number_of(request.query.get("after"), 0);
  std::string epoch = request.query.get("epoch");
  auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::min(kMaxWaitMs, number_of(request.query.get("wait_ms"), 0)));
  {
    std::lock_guard lock(mutex_);
    if (waiting_[host] >= kMaxPollsPerHost) return Error(ErrorCode::too_many_requests, "This host has other polls under way.");
    ++waiting_[host];
    last_poll_[host] = std::chrono::steady_clock::now();
  }
  struct Leave {
    Feed& f;
    const std::string& host;
    ~Leave() {
      std::lock_guard lock(f.mutex_);
      if (--f.waiting_[host] == 0) f.waiting_.erase(host);
      f.last_poll_[host] = std::chrono::steady_clock::now();
    }
  } leave{*this, host};
  for (;;) {
    uint64_t seen;
    {
      std::lock_guard lock(mutex_);
      seen = generation_;
    }
    Json out = TRY(changes(host, after, epoch));
    Json calls = take_calls(host);
    bool over = stopping_ || std::chrono::steady_clock::now() >= deadline;
    if (over || out["full"].as_bool() || out["items"].size() > 0 || calls.size() > 0) {
      out.set("calls", std::move(calls));
      return Response::json(200, out);
    }
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] { return generation_ != seen || stopping_; });
  }
}

void Feed::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

Status Feed::store_observed(db::Session& s, const std::string& host, const Json& item) {
  const std::string& kind = item["kind"].as_string();
  const std::string& id = item["id"].as_string();
  int64_t seq = item["seq"].as_int();
  const Json& state = item["state"];
  if (kind.empty() || id.empty() || kind.size() > 64 || id.size() > 255 || seq <= 0 || !state.is_object()) {
    return bad_request("An observation needs kind, id, a positive seq and a state object.", "items");
  }
  int64_t stored = s.exec("INSERT INTO feed_observed (host, kind, id, seq, state) VALUES (?1, ?2, ?3, ?4, ?5)"
                          " ON CONFLICT (host, kind, id) DO UPDATE SET seq=excluded.seq, state=excluded.state"
                          " WHERE feed_observed.seq < excluded.seq",
                          {host, kind, id, seq, state});
  if (stored == 0) return {};  // older than what we know
  if (state["absent"].as_bool()) {
    // What was to go is gone: neither the wish nor the observation is needed any more. An agent that
    // has not seen the tombstone (an older revision) may be telling of before a create.
    s.exec("DELETE FROM feed_desired WHERE host=?1 AND kind=?2 AND id=?3 AND spec IS NULL AND revision<=?4", {host, kind, id, state["revision"].as_int()});
    // The observation stays a while for its number: an older one still under way must not come back.
    s.exec("DELETE FROM feed_observed WHERE host=?1 AND seq<?2 AND state LIKE '%\"absent\":true%'",
           {host, clock_.now_us() - kKeepAbsentUs});
  }
  return on_observed_ ? on_observed_(s, host, kind, id, state) : Status{};
}

Result<Response> Feed::post_observed(const Request& request, Context& context) {
  std::string host = TRY(host_of(request, context));
  Json items = TRY(body_items(request.body));
  auto stored = db_.write([&](db::Session& s) -> Status {
    for (const Json& item : items.as_array()) TRYV(store_observed(s, host, item));
    return {};
  });
  if (!stored) TRYV(store_one_by_one(host, items));
  return Response::empty(204);
}

// One observation that cannot be taken must not hold up the others of its host.
Status Feed::store_one_by_one(const std::string& host, const Json& items) {
  for (const Json& item : items.as_array()) {
    auto stored = db_.write([&](db::Session& s) { return store_observed(s, host, item); });
    if (stored) continue;
    if (stored.error().code == ErrorCode::unavailable) return stored;  // the agent sends it again
    log::error("an observation was not taken", {{"host", host}, {"kind", item["kind"].as_string()}, {"id", item["id"].as_string()}, {"why", stored.error().message}, {"detail", stored.error().detail}});
  }
  return {};
}

Result<Json> Feed::body_items(const std::string& body) {
  Json parsed = TRY(parse_json(body));
  const Json& items = parsed["items"];
  if (!items.is_array() || items.size() > kMaxItems) return bad_request("'items' must be a list of at most 10000 observations.", "items");
  return items;
}

Json Feed::take_calls(const std::string& host) {
  Json out = Json::array();
  std::lock_guard lock(mutex_);
  auto found = calls_.find(host);
  if (found == calls_.end()) return out;
  for (auto& [id, call] : found->second) {
    if (call.taken) continue;
    call.taken = true;
    out.push_back(call.request);
  }
  return out;
}

// What agents have found running that nobody wants.
Result<Response> Feed::get_orphans() {
  Json out = TRY(db_.read([&](db::Session& s) {
    Json list = Json::array();
    s.each("SELECT host, id, state FROM feed_observed WHERE kind='orphan' ORDER BY host, id", {}, [&](const db::Row& r) {
      Json state = r.json(2);
      if (!state["absent"].as_bool()) list.push_back(Json::object({{"host", r.text(0)}, {"id", r.text(1)}, {"state", state}}));
    });
    return list;
  }));
  return Response::json(200, Json::object({{"orphans", std::move(out)}}));
}

Result<Response> Feed::post_reply(const Request& request, Context& context) {
  std::string host = TRY(host_of(request, context));
  Json body = TRY(parse_json(request.body));
  {
    std::lock_guard lock(mutex_);
    auto found = calls_[host].find(body["id"].as_string());
    if (found != calls_[host].end()) {
      if (body.contains("error")) found->second.result = Result<Json>(unavailable(body["error"].as_string()));
      else found->second.result = Result<Json>(body["result"]);
    }
    if (calls_[host].empty()) calls_.erase(host);
  }
  changed_.notify_all();
  return Response::empty(204);
}

Result<Json> Feed::call(const std::string& host, const std::string& method, const Json& params, unsigned timeout_ms) {
  std::string id = random_.uuid();
  Json request = Json::object({{"id", id}, {"method", method}, {"params", params}});
  std::unique_lock lock(mutex_);
  auto polled = last_poll_.find(host);
  bool here = waiting_.contains(host) || (polled != last_poll_.end() && std::chrono::steady_clock::now() - polled->second < kPollGap);
  if (!here) return unavailable("The agent of host '" + host + "' is not connected.");
  if (calls_[host].size() >= kMaxCallsPerHost) return unavailable("Host '" + host + "' has too many questions waiting.");
  calls_[host][id].request = std::move(request);
  ++generation_;
  changed_.notify_all();
  bool answered = changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return stopping_ || calls_[host][id].result.has_value(); });
  Call call = std::move(calls_[host][id]);
  calls_[host].erase(id);
  if (calls_[host].empty()) calls_.erase(host);
  if (call.result) return std::move(*call.result);
  if (!answered && call.taken) return Error(ErrorCode::timeout, "The agent of host '" + host + "' did not answer in time.");
  return unavailable("The agent of host '" + host + "' is not connected.");
}

}  // namespace nuri::feed
