#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "services/auth/token.h"
#include "services/http/client.h"

namespace nuri::auth {

// Pulls identity's revocations twice a second: GET /internal/v1/revocations?after=N answers
// {"revocations": [{"number", "what", "id", "before_us", "expires_us"}], "last": N}, at most a page
// of them. The first pull is done by the constructor, so that a service that starts beside a
// running identity refuses nobody; where it fails the verifier refuses users until one succeeds.
class RevocationPoller {
 public:
  RevocationPoller(std::unique_ptr<http::Client> identity, ServiceIdentity& self, TokenVerifier& verifier);
  ~RevocationPoller();

 private:
  void loop();
  bool poll();  // all that there is; false where identity did not answer
  std::unique_ptr<http::Client> identity_;
  ServiceIdentity& self_;
  TokenVerifier& verifier_;
  int64_t after_ = 0;
  bool reached_ = false;  // by the last poll
  bool stopping_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace nuri::auth
