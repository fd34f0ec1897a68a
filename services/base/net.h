#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nuri {

struct IpAddress {
  bool v4 = true;
  std::array<uint8_t, 16> bytes{};  // v4: the first four

  static std::optional<IpAddress> parse(std::string_view text);
  std::string str() const;          // canonical (RFC 5952)
  IpAddress plus(uint64_t n) const; // wraps
  // This minus other, saturated to uint64.
  uint64_t minus(const IpAddress& other) const;
  auto operator<=>(const IpAddress&) const = default;
};

struct Cidr {
  IpAddress base;  // host bits may be set: see network()
  int prefix = 0;

  static std::optional<Cidr> parse(std::string_view text);  // needs "/n"
  IpAddress network() const;    // host bits cleared
  IpAddress last() const;       // host bits set (IPv4's broadcast)
  bool contains(const IpAddress& a) const;
  bool overlaps(const Cidr& other) const;
  std::string str() const;      // network/prefix
  std::string netmask() const;  // IPv4 only
};

bool is_mac(std::string_view text);  // six hex pairs with colons, any case

}  // namespace nuri
