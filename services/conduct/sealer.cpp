#include "services/conduct/sealer.h"

#include <openssl/evp.h>

#include <memory>

#include "services/auth/keys.h"
#include "services/auth/token.h"

namespace nuri::conduct {

namespace {

constexpr size_t kNonce = 12, kTag = 16;
struct FreeContext {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const uint8_t* in(std::string_view s) { return reinterpret_cast<const uint8_t*>(s.data()); }
uint8_t* out(std::string& s) { return reinterpret_cast<uint8_t*>(s.data()); }
int length(std::string_view s) { return static_cast<int>(s.size()); }

}  // namespace

Sealer::Sealer(std::string_view service_key, std::string_view label, Random& random)
    : key_(auth::hmac_sha256(service_key, std::string(label) + "/seal")),
      mac_key_(auth::hmac_sha256(service_key, std::string(label) + "/mac")),
      random_(random) {}

std::string Sealer::mac(std::string_view text) const {
  return auth::base64url(auth::hmac_sha256(mac_key_, text));
}

Result<std::string> Sealer::seal(std::string_view text, std::string_view id) const {
  std::string nonce(kNonce, '\0'), body(text.size(), '\0'), tag(kTag, '\0');
  random_.fill({out(nonce), nonce.size()});
  Cipher c(EVP_CIPHER_CTX_new());
  int n = 0;
  bool ok = c &&
            EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, in(key_), in(nonce)) == 1 &&
            EVP_EncryptUpdate(c.get(), nullptr, &n, in(id), length(id)) == 1 &&
            EVP_EncryptUpdate(c.get(), out(body), &n, in(text), length(text)) == 1 &&
            EVP_EncryptFinal_ex(c.get(), out(body) + n, &n) == 1 &&
            EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1;
  if (!ok) return internal("sealing failed");
  return auth::base64(nonce + body + tag);
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view id) const {
  std::string raw = TRY(auth::base64_decode(sealed));
  if (raw.size() < kNonce + kTag) return internal("what was sealed is too short");
  std::string nonce = raw.substr(0, kNonce), tag = raw.substr(raw.size() - kTag);
  std::string body = raw.substr(kNonce, raw.size() - kNonce - kTag);
  std::string text(body.size(), '\0');
  Cipher c(EVP_CIPHER_CTX_new());
  int n = 0;
  bool ok = c &&
            EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, in(key_), in(nonce)) == 1 &&
            EVP_DecryptUpdate(c.get(), nullptr, &n, in(id), length(id)) == 1 &&
            EVP_DecryptUpdate(c.get(), out(text), &n, in(body), length(body)) == 1 &&
            EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1 &&
            EVP_DecryptFinal_ex(c.get(), out(text) + n, &n) == 1;
  if (!ok) return internal("what was sealed cannot be opened with this key");
  return text;
}

}  // namespace nuri::conduct
