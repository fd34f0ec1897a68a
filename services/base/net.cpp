#include "services/base/net.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace nuri {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > 45) return std::nullopt;
  std::string s(text);
  IpAddress a;
  if (inet_pton(AF_INET, s.c_str(), a.bytes.data()) == 1 && s.size() == text.size()) return a;
  a.v4 = false;
  a.bytes = {};
  if (text.find('\0') == std::string_view::npos && inet_pton(AF_INET6, s.c_str(), a.bytes.data()) == 1) return a;
  return std::nullopt;
}

std::string IpAddress::str() const {
  char out[INET6_ADDRSTRLEN];
  inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data(), out, sizeof out);
  return out;
}

IpAddress IpAddress::plus(uint64_t n) const {
  IpAddress out = *this;
  int width = v4 ? 4 : 16;
  for (int i = width - 1; i >= 0 && n > 0; --i) {
    uint64_t sum = out.bytes[static_cast<size_t>(i)] + (n & 0xff);
    out.bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(sum);
    n = (n >> 8) + (sum >> 8);
  }
  return out;
}

uint64_t IpAddress::minus(const IpAddress& other) const {
  if (*this < other) return 0;
  int width = v4 ? 4 : 16;
  int borrow = 0;
  std::array<uint8_t, 16> diff{};
  for (int i = width - 1; i >= 0; --i) {
    auto k = static_cast<size_t>(i);
    int d = bytes[k] - other.bytes[k] - borrow;
    borrow = d < 0;
    diff[k] = static_cast<uint8_t>(d);
  }
  uint64_t out = 0;
  for (int i = 0; i < width; ++i) {
    if (out >> 56) return UINT64_MAX;
    out = out << 8 | diff[static_cast<size_t>(i)];
  }
  return out;
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  std::string_view digits = text.substr(slash + 1);
  int prefix = -1;
  auto r = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (digits.empty() || r.ec != std::errc() || r.ptr != digits.data() + digits.size()) return std::nullopt;
  if (prefix < 0 || prefix > (address->v4 ? 32 : 128)) return std::nullopt;
  return Cidr{*address, prefix};
}

namespace {
IpAddress with_host_bits(const Cidr& c, bool set) {
  IpAddress out = c.base;
  int width = out.v4 ? 32 : 128;
  for (int bit = c.prefix; bit < width; ++bit) {
    auto mask = static_cast<uint8_t>(0x80 >> (bit % 8));
    auto& byte = out.bytes[static_cast<size_t>(bit / 8)];
    byte = static_cast<uint8_t>(set ? byte | mask : byte & ~mask);
  }
  return out;
}
}  // namespace

IpAddress Cidr::network() const { return with_host_bits(*this, false); }
IpAddress Cidr::last() const { return with_host_bits(*this, true); }
bool Cidr::contains(const IpAddress& a) const { return a.v4 == base.v4 && network() <= a && a <= last(); }

bool Cidr::overlaps(const Cidr& other) const {
  return base.v4 == other.base.v4 && network() <= other.last() && other.network() <= last();
}

std::string Cidr::str() const { return network().str() + "/" + std::to_string(prefix); }

std::string Cidr::netmask() const {
  Cidr mask{};
  mask.base.bytes.fill(0xff);
  mask.prefix = prefix;
  return mask.network().str();
}

bool is_mac(std::string_view text) {
  if (text.size() != 17) return false;
  for (size_t i = 0; i < 17; ++i) {
    char c = text[i];
    bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (i % 3 == 2 ? c != ':' : !hex) return false;
  }
  return true;
}

}  // namespace nuri
