#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "services/base/result.h"

namespace nuri::auth {

using PKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
std::string hmac_sha256(std::string_view key, std::string_view text);
Result<std::string> read_service_key(const std::string& path);  // 32 bytes from 64 hex digits

}  // namespace nuri::auth
