#include "compute/domain/ssh_key.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

// Formats: RFC 4253 6.6 (public keys), openssh-portable PROTOCOL.key (private keys).
namespace nuri::compute {

namespace {

std::string encode(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                          reinterpret_cast<const unsigned char*>(bytes.data()),
                          static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(n));
  return out;
}

std::string decode(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return "";
  std::string out(text.size() / 4 * 3, '\0');
  int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                          reinterpret_cast<const unsigned char*>(text.data()),
                          static_cast<int>(text.size()));
  if (n < 0) return "";
  size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<size_t>(n) - padding);
  return out;
}

std::string u32(uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
          static_cast<char>(v)};
}
std::string field(std::string_view bytes) {
  return u32(static_cast<uint32_t>(bytes.size())) + std::string(bytes);
}

// Reads one length-prefixed field off the front; false where there is none.
bool take(std::string_view& blob, std::string_view& out) {
  if (blob.size() < 4) return false;
  uint32_t n = 0;
  for (int i = 0; i < 4; ++i) n = n << 8 | static_cast<unsigned char>(blob[static_cast<size_t>(i)]);
  if (blob.size() - 4 < n) return false;
  out = blob.substr(4, n);
  blob.remove_prefix(4 + static_cast<size_t>(n));
  return true;
}

std::string md5_fingerprint(std::string_view blob) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(blob.data(), blob.size(), digest.data(), &size, EVP_md5(), nullptr);
  static const char* kHex = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    if (i) out += ':';
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

std::string pem(const std::string& body) {
  std::string text = encode(body), out = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  for (size_t i = 0; i < text.size(); i += 70) out += text.substr(i, 70) + "\n";
  return out + "-----END OPENSSH PRIVATE KEY-----\n";
}

}  // namespace

Result<SshKey> generate_ssh_key(const std::string& comment) {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  std::array<unsigned char, 32> secret{}, point{};
  size_t secret_size = secret.size(), point_size = point.size();
  if (!key || EVP_PKEY_get_raw_private_key(key.get(), secret.data(), &secret_size) != 1 ||
      EVP_PKEY_get_raw_public_key(key.get(), point.data(), &point_size) != 1) {
    return internal("OpenSSL made no Ed25519 key");
  }
  std::array<unsigned char, 4> check{};
  if (RAND_bytes(check.data(), static_cast<int>(check.size())) != 1)
    return internal("no random bytes");
  std::string pub(point.begin(), point.end()), seed(secret.begin(), secret.end()),
      word(check.begin(), check.end());
  std::string blob = field("ssh-ed25519") + field(pub);
  std::string inner =
      word + word + field("ssh-ed25519") + field(pub) + field(seed + pub) + field(comment);
  for (char pad = 1; inner.size() % 8 != 0; ++pad) inner += pad;
  std::string body = std::string("openssh-key-v1") + '\0' + field("none") + field("none") +
                     field("") + u32(1) + field(blob) + field(inner);
  return SshKey{"ssh-ed25519 " + encode(blob) + " " + comment, pem(body), md5_fingerprint(blob)};
}

Result<SshKey> import_ssh_key(const std::string& text) {
  static const char* kWrong =
      "Keypair data is invalid: failed to read the public key. It must be one line as in an "
      "OpenSSH .pub file.";
  std::string line = text;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' '))
    line.pop_back();
  if (line.find_first_of("\r\n") != std::string::npos) return bad_request(kWrong, "public_key");
  size_t space = line.find(' ');
  if (space == std::string::npos) return bad_request(kWrong, "public_key");
  std::string type = line.substr(0, space);
  size_t end = line.find(' ', space + 1);
  std::string blob =
      decode(line.substr(space + 1, end == std::string::npos ? end : end - space - 1));
  std::string_view rest = blob, inner, data;
  bool known = type == "ssh-rsa" || type == "ssh-ed25519" || type == "ssh-dss" ||
               type.starts_with("ecdsa-sha2-nistp") || type.starts_with("sk-");
  if (!known || !take(rest, inner) || inner != type || !take(rest, data) || data.empty())
    return bad_request(kWrong, "public_key");
  return SshKey{text, "", md5_fingerprint(blob)};
}

}  // namespace nuri::compute
