#pragma once

#include <string>
#include <string_view>

#include "services/base/random.h"
#include "services/base/result.h"

namespace nuri::conduct {

// Keys for what lies in the database but must not be read from a copy of it, derived from the
// cloud's service key and a label of their use.
class Sealer {
 public:
  Sealer(std::string_view service_key, std::string_view label, Random& random);
  // AES-256-GCM with a random nonce, bound to `id`; base64.
  Result<std::string> seal(std::string_view text, std::string_view id) const;
  Result<std::string> open(std::string_view sealed, std::string_view id) const;
  std::string mac(std::string_view text) const;  // HMAC-SHA256, base64url

 private:
  std::string key_, mac_key_;
  Random& random_;
};

}  // namespace nuri::conduct
