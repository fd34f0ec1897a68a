#include "services/auth/revocation_poller.h"

#include <chrono>

#include "services/base/log.h"

namespace nuri::auth {

namespace {
constexpr auto kInterval = std::chrono::milliseconds(500);
constexpr auto kRetry = std::chrono::milliseconds(100);  // users wait meanwhile
constexpr unsigned kAnswerMs = 3'000;

Revocation::What what_of(const std::string& text) {
  if (text == "user") return Revocation::What::user;
  if (text == "project") return Revocation::What::project;
  if (text == "domain") return Revocation::What::domain;
  return Revocation::What::audit_id;
}
}  // namespace

RevocationPoller::RevocationPoller(std::unique_ptr<http::Client> identity, ServiceIdentity& self, TokenVerifier& verifier)
    : identity_(std::move(identity)), self_(self), verifier_(verifier) {
  reached_ = poll();
  thread_ = std::thread([this] { loop(); });
}

RevocationPoller::~RevocationPoller() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  identity_->cancel();
  thread_.join();
}

void RevocationPoller::loop() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, reached_ ? kInterval : kRetry, [&] { return stopping_; })) return;
    }
    bool reached = poll();
    if (reached != reached_) {
      log::info(reached ? "revocations are pulled again" : "identity does not answer: no new revocations are known");
    }
    reached_ = reached;
  }
}

bool RevocationPoller::poll() {
  for (;;) {
    Headers headers;
    headers.set("X-Auth-Token", self_.token());
    auto answer = identity_->call("GET", "/internal/v1/revocations?after=" + std::to_string(after_), {}, headers, kAnswerMs);
    if (!answer || !(*answer)["revocations"].is_array()) {
      log::debug("cannot pull revocations", {{"why", answer ? "no list of revocations" : answer.error().message}});
      return false;
    }
    // Identity was put back to an older state: its numbers begin again there.
    int64_t last = (*answer)["last"].as_int(after_), before = after_;
    if (after_ > 0 && last < after_) {
      after_ = 0;
      continue;
    }
    std::vector<Revocation> news;
    const Json list = (*answer)["revocations"];
    for (const Json& j : list.as_array()) {
      after_ = std::max(after_, j["number"].as_int());
      news.push_back({what_of(j["what"].as_string()), j["id"].as_string(), j["before_us"].as_int(), j["expires_us"].as_int()});
    }
    verifier_.revoke(news);
    if (after_ == before) break;
  }
  verifier_.caught_up();
  return true;
}

}  // namespace nuri::auth
