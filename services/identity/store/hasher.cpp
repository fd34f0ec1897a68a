#include "services/identity/store/hasher.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <chrono>
#include <memory>

#include "services/auth/token.h"

namespace nuri::identity {

namespace {

constexpr std::chrono::seconds kLongestWait{10};

// What crypt cannot take whole (its limit is 512 bytes, a NUL ends its strings) goes in as a
// digest.
std::string fitting(const std::string& password) {
  constexpr size_t kMost = 500;
  bool whole = password.size() <= kMost && password.find('\0') == std::string::npos;
  return whole ? password : "sha256:" + auth::sha256_hex(password);
}

bool same(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Result<std::unique_ptr<Hasher>> Hasher::create(unsigned at_once, unsigned max_waiting) {
  std::unique_ptr<Hasher> made(new Hasher(at_once, max_waiting));
  made->decoy_ = TRY(made->hash("no one has this password"));
  return made;
}

Result<std::string> Hasher::run(const std::string& password, const std::string& setting) {
  if (!slots_.try_acquire()) {
    bool too_many = waiting_.fetch_add(1) >= max_waiting_;
    bool acquired = !too_many && slots_.try_acquire_for(kLongestWait);
    waiting_.fetch_sub(1);
    if (!acquired) return unavailable("Too many passwords are being checked; try again.");
  }
  auto data = std::make_unique<crypt_data>();
  std::string phrase = fitting(password);
  const char* out = crypt_r(phrase.c_str(), setting.c_str(), data.get());
  slots_.release();
  std::string hashed = out && out[0] != '*' ? out : "";
  OPENSSL_cleanse(phrase.data(), phrase.size());
  OPENSSL_cleanse(data.get(), sizeof *data);
  if (hashed.empty()) return internal("crypt_r failed");
  return hashed;
}

Result<std::string> Hasher::hash(const std::string& password) {
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (!crypt_gensalt_rn("$y$", 0, nullptr, 0, setting, sizeof setting))
    return internal("crypt_gensalt failed");
  return run(password, setting);
}

Result<bool> Hasher::verify(const std::string& password, const std::string& hash) {
  bool real = hash.starts_with("$y$");
  std::string hashed = TRY(run(password, real ? hash : decoy_));
  return same(hashed, real ? hash : decoy_) && real;
}

}  // namespace nuri::identity
