#include "services/auth/revocation_poller.h"

#include <chrono>

#include "services/base/log.h"

namespace nuri::auth {

namespace {
constexpr auto kInterval = std::chrono::milliseconds(500);

Revocation::What what_of(const std::string& text) {
  if (text == "user") return Revocation::What::user;
  if (text == "project") return Revocation::What::project;
  if (text == "domain") return Revocation::What::domain;
  return Revocation::What::audit_id;
}
}  // namespace

RevocationPoller::RevocationPoller(std::unique_ptr<http::Client> identity, ServiceIdentity& self, TokenVerifier& verifier)
    : identity_(std::move(identity)), self_(self), verifier_(verifier), thread_([this] { loop(); }) {}

RevocationPoller::~RevocationPoller() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void RevocationPoller::loop() {
  for (;;) {
    poll();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, kInterval, [&] { return stopping_; })) return;
  }
}

void RevocationPoller::poll() {
  Headers headers;
  headers.set("X-Auth-Token", self_.token());
  auto answer = identity_->call("GET", "/internal/v1/revocations?after=" + std::to_string(after_), {}, headers, 3'000);
  if (!answer) {
    log::debug("cannot pull revocations", {{"why", answer.error().message}});
    return;
  }
  std::vector<Revocation> news;
  for (const Json& j : (*answer)["revocations"].as_array()) {
    after_ = std::max(after_, j["number"].as_int());
    news.push_back({what_of(j["what"].as_string()), j["id"].as_string(), j["before_us"].as_int(), j["expires_us"].as_int()});
  }
  if (!news.empty()) verifier_.revoke(news);
}

}  // namespace nuri::auth
