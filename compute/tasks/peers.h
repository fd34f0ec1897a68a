#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "services/auth/token.h"
#include "services/base/json.h"
#include "services/http/client.h"

namespace nuri::compute {

// Another service of the cloud as compute sees it. Tests stand in for it.
class Peer {
 public:
  virtual ~Peer() = default;
  // With the user's token where one is given (what the user may see and do), else as compute
  // itself. Errors: those of http::Client::call; permanent() tells which are worth another try.
  virtual Result<Json> call(std::string_view method, const std::string& target,
                            const Json& body = {}, const std::string& user_token = {}) = 0;
};

struct Peers {
  Peer& network;
  Peer& storage;
  Peer& image;
};

// A floating address as compute keeps it, from the network service's.
Json floating_kept(const Json& floating);

// The other service has understood and said no: asking again would change nothing.
bool permanent(const Error& e);

class HttpPeer final : public Peer {
 public:
  static Result<std::unique_ptr<HttpPeer>> create(const std::string& url,
                                                  auth::ServiceIdentity& self);
  HttpPeer(std::unique_ptr<http::Client> client, auth::ServiceIdentity& self)
      : client_(std::move(client)), self_(self) {}
  Result<Json> call(std::string_view method, const std::string& target, const Json& body,
                    const std::string& user_token) override;

 private:
  std::unique_ptr<http::Client> client_;
  auth::ServiceIdentity& self_;
};

}  // namespace nuri::compute
