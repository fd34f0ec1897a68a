#include "compute/domain/x509_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace nuri::compute {

namespace {

constexpr unsigned kRsaBits = 2048;
constexpr long kDays = 3650;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : "";
}

std::string fingerprint_of(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha1(), digest, &size);
  static const char* kHex = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    if (i) out += ':';
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::string& common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  return X509_set_version(certificate, 2) &&
         ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kDays * 24 * 3600) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) &&
         X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

Result<SshKey> generate_x509_key(const std::string& common_name) {
  Key key(EVP_RSA_gen(kRsaBits));
  Certificate certificate(X509_new());
  std::string cn = common_name.substr(0, 64);  // X.520's limit
  if (!key || !certificate || !fill(certificate.get(), key.get(), cn))
    return internal("OpenSSL could not make a certificate");
  Bio pem(BIO_new(BIO_s_mem())), secret(BIO_new(BIO_s_mem()));
  if (!pem || !secret || !PEM_write_bio_X509(pem.get(), certificate.get()) ||
      !PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr))
    return internal("OpenSSL could not write a certificate");
  return SshKey{text_of(pem.get()), text_of(secret.get()), fingerprint_of(certificate.get())};
}

Result<SshKey> import_x509_key(const std::string& text) {
  Bio pem(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Certificate certificate(pem ? PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate)
    return bad_request("Keypair data is invalid: public_key must be an X.509 certificate in PEM.",
                       "public_key");
  return SshKey{text, "", fingerprint_of(certificate.get())};
}

}  // namespace nuri::compute
