#include "services/gateway/options.h"

#include <utility>

#include "services/base/net.h"
#include "services/http/client.h"

namespace nuri::gateway {
namespace {

constexpr std::pair<const char*, const char*> kServices[] = {
    {"/identity", "identity"}, {"/image", "image"},     {"/compute", "compute"},
    {"/volume", "storage"},    {"/network", "network"}, {"/metering", "metering"}};

constexpr int64_t kGiB = int64_t{1} << 30;

Result<int64_t> within(const Config& config, const char* key, int64_t fallback, int64_t low,
                       int64_t high) {
  const int64_t n = config.number(key, fallback);
  if (n < low || n > high)
    return bad_request(std::string(key) + " must be a number from " + std::to_string(low) +
                           " to " + std::to_string(high),
                       key);
  return n;
}

}  // namespace

Result<Options> read_options(const Config& config) {
  Options o;
  o.address = config.text("gateway.listen", "0.0.0.0");
  o.port = static_cast<uint16_t>(TRY(within(config, "gateway.port", 8443, 0, 65535)));
  o.tls.certificate = config.text("gateway.certificate", "/etc/nuri/tls/server.pem");
  o.tls.key = config.text("gateway.key", "/etc/nuri/tls/server.key");
  o.console = config.text("gateway.console", "/usr/local/share/nuri/console");
  o.max_upload_bytes = static_cast<uint64_t>(
      TRY(within(config, "gateway.max_upload_gib", 512, 1, 16384)) * kGiB);
  o.max_body_bytes = static_cast<uint64_t>(
      TRY(within(config, "gateway.max_body_kib", 1024, 64, 65536)) * 1024);
  o.max_connections = static_cast<unsigned>(
      TRY(within(config, "gateway.max_connections", 4096, 16, 65536)));
  for (const auto& [prefix, name] : kServices) {
    const std::string url = config.service_url(name);
    const http::UrlParts parts = TRY(http::parse_url(url));
    // Numeric, as a name would have to be looked up for each connection.
    const bool numeric = parts.host == "localhost" || IpAddress::parse(parts.host);
    if (parts.tls || !parts.prefix.empty() || !numeric)
      return bad_request("services." + std::string(name) +
                             " must be http://ADDRESS:PORT with a numeric address",
                         "services." + std::string(name));
    o.upstreams.push_back({prefix, parts.host, parts.port});
  }
  return o;
}

}  // namespace nuri::gateway
