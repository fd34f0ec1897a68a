#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "services/auth/keys.h"
#include "services/auth/token.h"
#include "services/base/config.h"

namespace nuri::auth {

std::string hmac_sha256(std::string_view key, std::string_view text) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &n);
  return std::string(reinterpret_cast<char*>(mac), n);
}

Result<std::string> read_service_key(const std::string& path) {
  std::string hex = TRY(read_file(path));
  while (!hex.empty() && (hex.back() == '\n' || hex.back() == ' ')) hex.pop_back();
  if (hex.size() != 64) return internal(path + " must hold 64 hex digits");
  std::string key;
  for (size_t i = 0; i < hex.size(); i += 2) {
    char* end = nullptr;
    std::string byte = hex.substr(i, 2);
    key += static_cast<char>(std::strtol(byte.c_str(), &end, 16));
    if (*end) return internal(path + " must hold 64 hex digits");
  }
  return key;
}

namespace {

std::string pem_text(BIO* bio) {
  char* data = nullptr;
  long n = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(n));
}

class Ed25519Signer final : public TokenSigner {
 public:
  explicit Ed25519Signer(PKey key) : key_(std::move(key)) {}

  Result<std::string> sign(const Claims& claims) const override {
    std::string text = "n1." + base64url(claims_to_json(claims).dump());
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    unsigned char signature[64];
    size_t n = sizeof signature;
    auto* data = reinterpret_cast<const unsigned char*>(text.data());
    if (EVP_DigestSignInit(ctx.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(ctx.get(), signature, &n, data, text.size()) != 1) {
      return internal("Ed25519 signing failed");
    }
    return text + "." + base64url({reinterpret_cast<char*>(signature), n});
  }

 private:
  PKey key_;
};

Status make_key(const std::string& path) {
  PKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  if (!key || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return internal("cannot make an Ed25519 key");
  }
  return write_file(path, pem_text(bio.get()), 0600);
}

class HmacIdentity final : public ServiceIdentity {
 public:
  HmacIdentity(std::string key, std::string service, Clock& clock, std::string host)
      : key_(std::move(key)), service_(std::move(service)), host_(std::move(host)), clock_(clock) {}

  std::string token() override {
    std::lock_guard lock(mutex_);
    TimeUs now = clock_.now_us();
    if (!token_.empty() && now < expires_us_ - kLifeUs / 2 && now >= expires_us_ - kLifeUs) return token_;
    Claims c;
    c.service = service_;
    c.host = host_;
    c.user_id = c.user_name = "nuri-" + service_;
    if (service_ != "agent") c.roles = {{"service", "service"}};
    c.issued_us = now;
    c.expires_us = expires_us_ = now + kLifeUs;
    std::string text = "s1." + base64url(claims_to_json(c).dump());
    token_ = text + "." + base64url(hmac_sha256(key_, text));
    return token_;
  }

 private:
  static constexpr TimeUs kLifeUs = 600 * kSecondUs;
  std::string key_, service_, host_, token_;
  TimeUs expires_us_ = 0;
  Clock& clock_;
  std::mutex mutex_;
};

}  // namespace

Result<std::unique_ptr<TokenSigner>> TokenSigner::open(const std::string& path, const std::string& public_path) {
  struct stat st {};
  if (stat(path.c_str(), &st) != 0) TRYV(make_key(path));
  std::string pem = TRY(read_file(path));
  std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  PKey key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) return internal(path + " is not an Ed25519 private key");
  std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  if (PEM_write_bio_PUBKEY(out.get(), key.get()) != 1) return internal("cannot write the public key");
  std::string public_pem = pem_text(out.get());
  if (read_file(public_path).value_or("") != public_pem) TRYV(write_file(public_path, public_pem, 0644));
  return std::unique_ptr<TokenSigner>(std::make_unique<Ed25519Signer>(std::move(key)));
}

Result<std::unique_ptr<ServiceIdentity>> ServiceIdentity::open(const std::string& key_path, std::string service, Clock& clock, std::string host) {
  std::string key = TRY(read_service_key(key_path));
  return std::unique_ptr<ServiceIdentity>(std::make_unique<HmacIdentity>(std::move(key), std::move(service), clock, std::move(host)));
}

}  // namespace nuri::auth
