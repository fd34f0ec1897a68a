#include <openssl/evp.h>

#include "services/auth/token.h"

namespace nuri::auth {

namespace {
constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kStandard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode(std::string_view bytes, const char* alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  size_t i = 0;
  auto b = [&](size_t k) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[k])); };
  for (; i + 2 < bytes.size(); i += 3) {
    uint32_t v = b(i) << 16 | b(i + 1) << 8 | b(i + 2);
    for (int s = 18; s >= 0; s -= 6) out += alphabet[v >> s & 63];
  }
  size_t left = bytes.size() - i;
  if (left == 0) return out;
  uint32_t v = b(i) << 16 | (left == 2 ? b(i + 1) << 8 : 0);
  out += alphabet[v >> 18 & 63];
  out += alphabet[v >> 12 & 63];
  if (left == 2) out += alphabet[v >> 6 & 63];
  if (pad) out += left == 2 ? "=" : "==";
  return out;
}

int digit(char c, const char* alphabet) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == alphabet[62]) return 62;
  return c == alphabet[63] ? 63 : -1;
}

Result<std::string> decode(std::string_view text, const char* alphabet) {
  if (text.size() % 4 == 1) return bad_request("not base64");
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  uint32_t v = 0;
  int bits = 0;
  for (char c : text) {
    int d = digit(c, alphabet);
    if (d < 0) return bad_request("not base64");
    v = v << 6 | static_cast<uint32_t>(d);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(v >> bits & 0xff);
    }
  }
  if ((v & ((1u << bits) - 1)) != 0) return bad_request("not base64");
  return out;
}
}  // namespace

std::string base64url(std::string_view bytes) { return encode(bytes, kUrl, false); }
Result<std::string> base64url_decode(std::string_view text) { return decode(text, kUrl); }
std::string base64(std::string_view bytes) { return encode(bytes, kStandard, true); }

Result<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return bad_request("not base64");
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  return decode(text, kStandard);
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &n, EVP_sha256(), nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < n; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

}  // namespace nuri::auth
