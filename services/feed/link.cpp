#include "services/feed/link.h"

#include <chrono>

#include "services/base/log.h"

namespace nuri::feed {

namespace {
constexpr unsigned kPollMs = 20'000;
constexpr unsigned kMaxPauseMs = 2'000;
constexpr size_t kMaxPush = 1'000;  // observations in one request
constexpr size_t kMaxAnswering = 16;

Headers auth_header(auth::ServiceIdentity& self) {
  Headers headers;
  headers.set("X-Auth-Token", self.token());
  return headers;
}
}  // namespace

Link::Link(std::string name, std::unique_ptr<http::Client> client, auth::ServiceIdentity& self, std::string host, Clock& clock, Callbacks callbacks)
    : name_(std::move(name)), host_(std::move(host)), client_(std::move(client)), self_(self), clock_(clock), callbacks_(std::move(callbacks)) {}

Link::~Link() { stop(); }

void Link::start() {
  puller_ = std::thread([this] { pull_loop(); });
  pusher_ = std::thread([this] { push_loop(); });
  for (int i = 0; i < 2; ++i) answerers_.emplace_back([this] { answer_loop(); });
}

void Link::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  client_->cancel();  // the long poll under way
  if (puller_.joinable()) puller_.join();
  if (pusher_.joinable()) pusher_.join();
  for (auto& t : answerers_) t.join();
  answerers_.clear();
}

void Link::observe(std::string_view kind, std::string_view id, Json state) {
  {
    std::lock_guard lock(mutex_);
    last_seq_ = std::max(last_seq_ + 1, clock_.now_us());
    pending_[{std::string(kind), std::string(id)}] =
        Json::object({{"kind", kind}, {"id", id}, {"seq", last_seq_}, {"state", std::move(state)}});
  }
  wake_.notify_all();
}

// False when stopping.
bool Link::pause(unsigned ms) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::milliseconds(ms), [&] { return stopping_; });
}

void Link::pull_loop() {
  unsigned wait = 50;
  bool told = false;
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    if (pull_once()) {
      wait = 50;
      if (told) log::info("connected again", {{"service", name_}});
      told = false;
      continue;
    }
    if (!told) log::warning("cannot reach the service, trying on", {{"service", name_}});
    told = true;
    if (!pause(wait)) return;
    wait = std::min(kMaxPauseMs, wait * 2);
  }
}

bool Link::pull_once() {
  std::string target = "/agent/v1/desired?host=" + percent_encode(host_) + "&after=" + std::to_string(revision_) +
                       "&epoch=" + epoch_ + "&wait_ms=" + std::to_string(kPollMs);
  auto answer = client_->call("GET", target, {}, auth_header(self_), kPollMs + 10'000);
  if (!answer) {
    log::debug("poll failed", {{"service", name_}, {"why", answer.error().message}});
    return false;
  }
  const Json& a = *answer;
  if (!a["items"].is_array()) return false;
  for (const Json& call : a["calls"].as_array()) {
    std::lock_guard lock(mutex_);
    if (questions_.size() < kMaxAnswering) questions_.push_back(call);
  }
  wake_.notify_all();
  bool full = a["full"].as_bool();
  std::vector<DesiredItem> items;
  for (const Json& i : a["items"].as_array()) {
    items.push_back({i["kind"].as_string(), i["id"].as_string(), i["revision"].as_int(), i["spec"]});
  }
  if ((full || !items.empty()) && callbacks_.desired) callbacks_.desired(std::move(items), full);
  epoch_ = a["epoch"].as_string();
  revision_ = a["revision"].as_int();
  // A service with nothing to say yet answers "full" at once, with revision 0: do not spin on it.
  return !(full && revision_ == 0) || pause(500);
}

void Link::push_loop() {
  unsigned wait = 50;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
      if (stopping_) return;
    }
    if (push_once()) {
      wait = 50;
      continue;
    }
    if (!pause(wait)) return;
    wait = std::min(kMaxPauseMs, wait * 2);
  }
}

bool Link::push_once() {
  Json items = Json::array();
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, item] : pending_) {
      if (items.size() >= kMaxPush) break;
      items.push_back(item);
    }
  }
  auto answer = client_->call("POST", "/agent/v1/observed?host=" + percent_encode(host_), Json::object({{"items", items}}), auth_header(self_), 20'000);
  if (!answer) {
    log::warning("an observation was not taken", {{"service", name_}, {"why", answer.error().message}});
    if (answer.error().code != ErrorCode::bad_request) return false;
  }
  std::lock_guard lock(mutex_);
  for (const Json& sent : items.as_array()) {
    auto found = pending_.find({sent["kind"].as_string(), sent["id"].as_string()});
    if (found != pending_.end() && found->second["seq"] == sent["seq"]) pending_.erase(found);
  }
  return true;
}

void Link::answer_loop() {
  for (;;) {
    Json call;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !questions_.empty(); });
      if (stopping_) return;
      call = std::move(questions_.front());
      questions_.pop_front();
    }
    answer(call);
  }
}

void Link::answer(const Json& call) {
  Json reply = Json::object({{"id", call["id"]}});
  Result<Json> result = callbacks_.call ? callbacks_.call(call["method"].as_string(), call["params"]) : Result<Json>(not_found("no such call"));
  if (result) reply.set("result", std::move(*result));
  else reply.set("error", result.error().message);
  auto sent = client_->call("POST", "/agent/v1/replies?host=" + percent_encode(host_), reply, auth_header(self_), 10'000);
  if (!sent) log::warning("a reply was not taken", {{"service", name_}, {"why", sent.error().message}});
}

}  // namespace nuri::feed
