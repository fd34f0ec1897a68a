#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "services/base/random.h"
#include "services/base/result.h"

namespace nuri::identity {

// Seals what lies in the database but must not be read from a copy of it (credentials' blobs):
// AES-256-GCM, a random nonce each, bound to the row's id.
class Vault {
 public:
  // key_path holds 64 hex digits; made (0600) where missing.
  static Result<std::unique_ptr<Vault>> open(const std::string& key_path, Random& random);

  Result<std::string> seal(std::string_view text, std::string_view id) const;
  Result<std::string> unseal(std::string_view sealed, std::string_view id) const;

 private:
  Vault(std::string key, Random& random) : key_(std::move(key)), random_(random) {}
  std::string key_;
  Random& random_;
};

}  // namespace nuri::identity
