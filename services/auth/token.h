#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/base/claims.h"
#include "services/base/clock.h"
#include "services/base/result.h"
#include "services/base/router.h"

// Tokens that a service checks by itself.
//   n1.PAYLOAD.SIGNATURE  a user's: Ed25519 (RFC 8032), signed by identity alone
//   s1.PAYLOAD.MAC        a service's or an agent's: HMAC-SHA256 under the cloud's service key
// PAYLOAD is base64url (RFC 4648, no padding) of compact JSON: see payload.cpp.
namespace nuri::auth {

inline constexpr size_t kMaxTokenBytes = 16 * 1024;

std::string base64url(std::string_view bytes);
Result<std::string> base64url_decode(std::string_view text);
std::string base64(std::string_view bytes);                 // with padding
Result<std::string> base64_decode(std::string_view text);   // padding needed, white space refused
std::string sha256_hex(std::string_view bytes);

Json claims_to_json(const Claims& c);
Result<Claims> claims_from_json(const Json& j);

// identity's half: the private key.
class TokenSigner {
 public:
  // Reads the PEM at path; makes it (0600) and PATH's public half at public_path where missing.
  static Result<std::unique_ptr<TokenSigner>> open(const std::string& path, const std::string& public_path);
  virtual ~TokenSigner() = default;
  virtual Result<std::string> sign(const Claims& claims) const = 0;
};

// A service's own credentials towards the others: minted here, cached until near their end.
class ServiceIdentity {
 public:
  // key_path: 64 hex digits. `service` is "compute", "agent"...; `host` only for agents.
  static Result<std::unique_ptr<ServiceIdentity>> open(const std::string& key_path, std::string service, Clock& clock,
                                                       std::string host = {});
  virtual ~ServiceIdentity() = default;
  virtual std::string token() = 0;
};

struct Revocation {
  // Tokens with this audit id; or of this user, project or domain issued before `before_us`.
  enum class What { audit_id, user, project, domain } what = What::audit_id;
  std::string id;
  TimeUs before_us = 0;
  TimeUs expires_us = 0;  // after this no such token can be alive
};

// Checks both kinds. Errors: unauthorized, the same text whatever is wrong with the token.
class TokenVerifier final : public TokenChecker {
 public:
  TokenVerifier(std::string public_key_path, std::string service_key_path, Clock& clock)
      : public_key_path_(std::move(public_key_path)), service_key_path_(std::move(service_key_path)), clock_(clock) {}
  ~TokenVerifier() override;
  Result<std::shared_ptr<const Claims>> check(std::string_view token) override;
  void revoke(const std::vector<Revocation>& revocations);
  // All revocations made so far are known. Until then a user's token is answered unavailable: one
  // that was taken back must not pass because a service has just started.
  void caught_up() { caught_up_ = true; }

 private:
  struct Keys;
  Result<std::shared_ptr<const Claims>> verify(std::string_view token);
  Result<std::shared_ptr<const Keys>> keys();
  bool revoked(const Claims& c) const;

  std::string public_key_path_, service_key_path_;
  Clock& clock_;
  std::atomic<bool> caught_up_{false};
  mutable std::shared_mutex mutex_;
  std::shared_ptr<const Keys> keys_;  // loaded at first use: identity may still be making them
  std::unordered_map<std::string, std::shared_ptr<const Claims>> cache_;
  std::unordered_map<std::string, Revocation> revoked_;  // by kind and id
};

}  // namespace nuri::auth
