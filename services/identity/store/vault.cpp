#include "services/identity/store/vault.h"

#include <openssl/evp.h>

#include <span>

#include "services/auth/token.h"
#include "services/base/config.h"

namespace nuri::identity {

namespace {

constexpr int kNonce = 12, kTag = 16;
struct FreeContext {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const uint8_t* in(std::string_view s) { return reinterpret_cast<const uint8_t*>(s.data()); }
uint8_t* out(std::string& s) { return reinterpret_cast<uint8_t*>(s.data()); }

std::string from_hex(std::string_view hex) {
  std::string bytes;
  auto value = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(value(hex[i]) * 16 + value(hex[i + 1]));
  return bytes;
}

}  // namespace

Result<std::unique_ptr<Vault>> Vault::open(const std::string& key_path, Random& random) {
  auto text = read_file(key_path);
  if (!text && text.error().code == ErrorCode::not_found) {
    TRYV(write_file(key_path, random.hex(32) + "\n", 0600));
    text = read_file(key_path);
  }
  std::string hex = TRY(std::move(text));
  while (!hex.empty() && (hex.back() == '\n' || hex.back() == ' ')) hex.pop_back();
  if (hex.size() != 64 || hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    return internal(key_path + " must hold 64 hex digits");
  }
  return std::unique_ptr<Vault>(new Vault(from_hex(hex), random));
}

Result<std::string> Vault::seal(std::string_view text, std::string_view id) const {
  std::string nonce(kNonce, '\0'), body(text.size(), '\0'), tag(kTag, '\0');
  random_.fill({out(nonce), nonce.size()});
  Cipher c(EVP_CIPHER_CTX_new());
  int n = 0;
  bool ok =
      c && EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, in(key_), in(nonce)) == 1 &&
      EVP_EncryptUpdate(c.get(), nullptr, &n, in(id), static_cast<int>(id.size())) == 1 &&
      EVP_EncryptUpdate(c.get(), out(body), &n, in(text), static_cast<int>(text.size())) == 1 &&
      EVP_EncryptFinal_ex(c.get(), out(body) + n, &n) == 1 &&
      EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1;
  if (!ok) return internal("sealing a credential failed");
  return auth::base64(nonce + body + tag);
}

Result<std::string> Vault::unseal(std::string_view sealed, std::string_view id) const {
  std::string raw = TRY(auth::base64_decode(sealed));
  if (raw.size() < kNonce + kTag) return internal("a sealed credential is too short");
  std::string nonce = raw.substr(0, kNonce), tag = raw.substr(raw.size() - kTag);
  std::string body = raw.substr(kNonce, raw.size() - kNonce - kTag);
  std::string text(body.size(), '\0');
  Cipher c(EVP_CIPHER_CTX_new());
  int n = 0;
  bool ok =
      c && EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, in(key_), in(nonce)) == 1 &&
      EVP_DecryptUpdate(c.get(), nullptr, &n, in(id), static_cast<int>(id.size())) == 1 &&
      EVP_DecryptUpdate(c.get(), out(text), &n, in(body), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(c.get(), out(text) + n, &n) == 1;
  if (!ok) return internal("a sealed credential cannot be opened with this key");
  return text;
}

}  // namespace nuri::identity
