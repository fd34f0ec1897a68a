#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "services/auth/keys.h"
#include "services/auth/token.h"
#include "services/base/config.h"

namespace nuri::auth {

namespace {
constexpr size_t kMaxCached = 10'000;
constexpr size_t kMaxRevoked = 100'000;

Error refused() { return Error(ErrorCode::unauthorized, "The request you have made requires authentication."); }

std::string revocation_key(Revocation::What what, const std::string& id) { return std::to_string(static_cast<int>(what)) + id; }
}  // namespace

struct TokenVerifier::Keys {
  PKey user{nullptr, EVP_PKEY_free};
  std::string service;
};

TokenVerifier::~TokenVerifier() = default;

Result<std::shared_ptr<const TokenVerifier::Keys>> TokenVerifier::keys() {
  {
    std::shared_lock lock(mutex_);
    if (keys_) return keys_;
  }
  auto loaded = std::make_shared<Keys>();
  std::string pem = TRY(read_file(public_key_path_));
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  loaded->user.reset(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (!loaded->user) return internal(public_key_path_ + " is not a public key");
  loaded->service = TRY(read_service_key(service_key_path_));
  std::unique_lock lock(mutex_);
  keys_ = loaded;
  return keys_;
}

Result<std::shared_ptr<const Claims>> TokenVerifier::check(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return refused();
  std::shared_ptr<const Claims> claims;
  {
    std::shared_lock lock(mutex_);
    auto found = cache_.find(std::string(token));
    if (found != cache_.end()) claims = found->second;
  }
  if (!claims) {
    claims = TRY(verify(token));
    std::unique_lock lock(mutex_);
    if (cache_.size() >= kMaxCached) cache_.clear();
    cache_.emplace(std::string(token), claims);
  }
  if (claims->expires_us <= clock_.now_us()) return refused();
  if (!caught_up_ && claims->service.empty())
    return unavailable("The service is starting and does not check users' tokens yet; try again.");
  std::shared_lock lock(mutex_);
  if (revoked(*claims)) return refused();
  return claims;
}

Result<std::shared_ptr<const Claims>> TokenVerifier::verify(std::string_view token) {
  size_t first = token.find('.');
  size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return refused();
  std::string_view kind = token.substr(0, first);
  std::string_view signed_part = token.substr(0, last);
  auto signature = base64url_decode(token.substr(last + 1));
  auto payload = base64url_decode(token.substr(first + 1, last - first - 1));
  if (!signature || !payload || (kind != "n1" && kind != "s1")) return refused();
  auto k = TRY(keys());
  if (kind == "s1") {
    std::string mac = hmac_sha256(k->service, signed_part);
    if (signature->size() != mac.size() || CRYPTO_memcmp(mac.data(), signature->data(), mac.size()) != 0) return refused();
  } else {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    auto* data = reinterpret_cast<const unsigned char*>(signed_part.data());
    auto* sig = reinterpret_cast<const unsigned char*>(signature->data());
    if (EVP_DigestVerifyInit(ctx.get(), nullptr, nullptr, nullptr, k->user.get()) != 1 ||
        EVP_DigestVerify(ctx.get(), sig, signature->size(), data, signed_part.size()) != 1) {
      return refused();
    }
  }
  auto json = parse_json(*payload);
  if (!json) return refused();
  auto claims = claims_from_json(*json);
  // A user's token never makes a service, whatever it says.
  if (!claims || (kind == "n1") != claims->service.empty()) return refused();
  return std::make_shared<const Claims>(std::move(*claims));
}

bool TokenVerifier::revoked(const Claims& c) const {
  if (revoked_.empty()) return false;
  auto hit = [&](Revocation::What what, const std::string& id) {
    if (id.empty()) return false;
    auto found = revoked_.find(revocation_key(what, id));
    if (found == revoked_.end()) return false;
    return what == Revocation::What::audit_id || c.issued_us < found->second.before_us;
  };
  for (const auto& audit : c.audit_ids) {
    if (hit(Revocation::What::audit_id, audit)) return true;
  }
  return hit(Revocation::What::user, c.user_id) || hit(Revocation::What::project, c.project_id) ||
         hit(Revocation::What::domain, c.user_domain_id) || hit(Revocation::What::domain, c.domain_id) ||
         hit(Revocation::What::domain, c.project_domain_id);
}

void TokenVerifier::revoke(const std::vector<Revocation>& revocations) {
  std::unique_lock lock(mutex_);
  TimeUs now = clock_.now_us();
  if (revoked_.size() > kMaxRevoked) std::erase_if(revoked_, [&](const auto& item) { return item.second.expires_us < now; });
  for (const Revocation& r : revocations) {
    auto& kept = revoked_[revocation_key(r.what, r.id)];
    TimeUs before = std::max(kept.before_us, r.before_us);
    TimeUs expires = std::max(kept.expires_us, r.expires_us);
    kept = r;
    kept.before_us = before;
    kept.expires_us = expires;
  }
}

}  // namespace nuri::auth
