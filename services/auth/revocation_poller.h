#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "services/auth/token.h"
#include "services/http/client.h"

namespace nuri::auth {

// Pulls identity's revocations twice a second: GET /internal/v1/revocations?after=N answers
// {"revocations": [{"number", "what", "id", "before_us", "expires_us"}]}.
class RevocationPoller {
 public:
  RevocationPoller(std::unique_ptr<http::Client> identity, ServiceIdentity& self, TokenVerifier& verifier);
  ~RevocationPoller();

 private:
  void loop();
  void poll();
  std::unique_ptr<http::Client> identity_;
  ServiceIdentity& self_;
  TokenVerifier& verifier_;
  int64_t after_ = 0;
  bool stopping_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace nuri::auth
