#include "compute/api/server_create.h"

#include <algorithm>

#include "services/base/net.h"
#include "services/base/random.h"

namespace nuri::compute {

namespace {

constexpr int64_t kMaxUserData = 65535;  // of base64 text, as Nova
constexpr int64_t kMaxServersPerRequest = 100;
constexpr size_t kMaxNetworks = 16;

std::string name_problem(const Json& v) {
  const std::string& s = v.as_string();
  return !s.empty() && (s.front() == ' ' || s.back() == ' ')
             ? "It must not begin or end with a space."
             : "";
}

std::string base64_problem(const Json& v) {
  const std::string& s = v.as_string();
  size_t padding = 0, n = 0;
  for (char c : s) {
    if (c == '\n' || c == '\r') continue;
    ++n;
    if (c == '=') ++padding;
    bool ok =
        padding ? c == '=' : (std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/');
    if (!ok) return "It must be Base64 (RFC 4648).";
  }
  return n % 4 == 0 && padding <= 2 ? "" : "It must be Base64 (RFC 4648), with padding.";
}

std::string address_problem(const Json& v, bool v4) {
  if (v.as_string().empty()) return "";
  auto a = IpAddress::parse(v.as_string());
  return a && a->v4 == v4 ? "" : v4 ? "It must be an IPv4 address." : "It must be an IPv6 address.";
}

std::string hostname_problem(const Json& v) {
  const std::string& s = v.as_string();
  bool ok = !s.empty() && s.front() != '-' && s.back() != '-' &&
            std::all_of(s.begin(), s.end(), [](char c) {
              return std::isalnum(static_cast<unsigned char>(c)) || c == '-';
            });
  return ok ? ""
            : "It must hold only letters, digits and dashes, and not begin or end with a dash.";
}

std::string tags_problem(const Json& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (auto why = tag_problem(list.at(i)); !why.empty()) return why;
    for (size_t k = 0; k < i; ++k) {
      if (list.at(k) == list.at(i)) return "A tag is listed twice.";
    }
  }
  return "";
}

const Fields<ServerCreate>& create_fields() {
  using C = ServerCreate;
  static const Fields<C> kFields(
      "server", Fields<C>::Unknown::refuse,
      {
          text("name", &C::name).required_().length(1, 255).format_("name").checked(name_problem),
          any("imageRef", &C::image_ref),
          text("flavorRef", &C::flavor_ref).required_().length(1, 255),
          any("networks", &C::networks),
          text("key_name", &C::key_name).length(1, 255),
          string_map("metadata", &C::metadata),
          text("user_data", &C::user_data)
              .length(0, kMaxUserData)
              .checked(base64_problem)
              .nullable_(),
          text("availability_zone", &C::zone).length(1, 255).nullable_(),
          any("security_groups", &C::security_groups),
          number("min_count", &C::min_count).range(1, kMaxServersPerRequest),
          number("max_count", &C::max_count).range(1, kMaxServersPerRequest),
          boolean("config_drive", &C::config_drive).nullable_(),
          any("block_device_mapping_v2", &C::block_devices),
          any("block_device_mapping", &C::legacy_devices),
          text("adminPass", &C::admin_pass).length(0, 255),
          boolean("return_reservation_id", &C::return_reservation_id),
          text("accessIPv4", &C::access_ipv4).checked([](const Json& v) {
            return address_problem(v, true);
          }),
          text("accessIPv6", &C::access_ipv6).checked([](const Json& v) {
            return address_problem(v, false);
          }),
          text("OS-DCF:diskConfig", &C::disk_config).one_of({"AUTO", "MANUAL"}),
          any("personality", &C::personality).until_(56),
          text("description", &C::description).length(0, 255).nullable_().since_(19),
          strings("tags", &C::tags).length(0, 50).checked(tags_problem).since_(52),
          any("trusted_image_certificates", &C::trusted_certificates).since_(63),
          text("host", &C::host).length(1, 255).since_(74),
          text("hypervisor_hostname", &C::hypervisor_hostname).length(1, 255).since_(74),
          text("hostname", &C::hostname).length(1, 63).checked(hostname_problem).since_(90),
      });
  return kFields;
}

struct NetworkItem {
  std::optional<std::string> uuid, port, fixed_ip, tag;
};
const Fields<NetworkItem>& network_fields() {
  using N = NetworkItem;
  static const Fields<N> kFields("networks", Fields<N>::Unknown::refuse,
                                 {text("uuid", &N::uuid).format_("uuid").nullable_(),
                                  text("port", &N::port).format_("uuid").nullable_(),
                                  text("fixed_ip", &N::fixed_ip).format_("ip").nullable_(),
                                  text("tag", &N::tag).length(1, 60).since_(32)});
  return kFields;
}

Status read_networks(ServerCreate& c, int version) {
  if (version >= 37 && c.networks.is_null())
    return bad_request("'networks' is a required property.", "networks");
  if (c.networks.is_null()) return {};
  if (version >= 37 && c.networks.is_string()) {
    if (c.networks.as_string() == "auto") return {};
    c.net = ServerCreate::Net::none;
    if (c.networks.as_string() == "none") return {};
  }
  if (!c.networks.is_array())
    return bad_request(
        "Invalid input for field/attribute networks. It must be a list of networks, \"auto\" or "
        "\"none\" (from 2.37).",
        "networks");
  if (c.networks.size() > kMaxNetworks)
    return bad_request("networks has too many entries: at most 16 are allowed.", "networks");
  // An empty list asks for what no list asks for.
  c.net = c.networks.size() ? ServerCreate::Net::listed : ServerCreate::Net::automatic;
  for (const Json& item : c.networks.as_array()) {
    NetworkItem n = TRY(network_fields().read(item, version));
    // Nova took tags in 2.32, lost them in 2.37 and has had them again since 2.42.
    if (n.tag && version >= 37 && version < 42)
      return bad_request("Additional properties are not allowed ('tag' was unexpected).", "tag");
    if (!n.port && !n.uuid)
      return bad_request("Each of networks needs a uuid or a port.", "networks");
    if (n.port && n.fixed_ip)
      return bad_request(
          "networks: fixed_ip cannot be given together with port: the port has its addresses.",
          "networks");
    c.wishes.push_back(
        {n.port ? "" : *n.uuid, n.port.value_or(""), n.fixed_ip.value_or(""), n.tag.value_or("")});
  }
  return {};
}

Status read_groups(ServerCreate& c) {
  if (c.security_groups.is_null()) return {};
  if (!c.security_groups.is_array())
    return bad_request(
        "Invalid input for field/attribute security_groups. It must be a list of {\"name\": ...}.",
        "security_groups");
  for (const Json& item : c.security_groups.as_array()) {
    if (!item.is_object() || item.size() != 1 || !item["name"].is_string() ||
        item["name"].as_string().empty() || item["name"].as_string().size() > 255) {
      return bad_request(
          "Invalid input for field/attribute security_groups. Each entry is {\"name\": ...} with 1 "
          "to 255 characters.",
          "security_groups");
    }
    const std::string& name = item["name"].as_string();
    if (std::find(c.groups.begin(), c.groups.end(), name) == c.groups.end())
      c.groups.push_back(name);
  }
  return {};
}

}  // namespace

std::string tag_problem(const Json& tag) {
  const std::string& s = tag.as_string();
  if (!tag.is_string() || s.empty() || s.size() > 60) return "A tag has 1 to 60 characters.";
  return s.find_first_of(",/") == std::string::npos ? ""
                                                    : "A tag must not hold a comma or a slash.";
}

Result<ServerCreate> read_server_create(const Json& body, int version) {
  ServerCreate c = TRY(create_fields().read(body, version));
  // An imageRef may be the image's URL.
  if (!c.image_ref.is_null()) {
    std::string id = c.image_ref.as_string();
    if (size_t slash = id.rfind('/'); slash != std::string::npos) id = id.substr(slash + 1);
    if (!c.image_ref.is_string() || (!id.empty() && !is_uuid_like(id)))
      return bad_request("Invalid imageRef provided: it must be an image's UUID.", "imageRef");
    c.image_id = id;
  }
  if (size_t slash = c.flavor_ref.rfind('/'); slash != std::string::npos)
    c.flavor_ref = c.flavor_ref.substr(slash + 1);
  if (auto a = IpAddress::parse(c.access_ipv6)) c.access_ipv6 = a->str();
  TRYV(read_networks(c, version));
  TRYV(read_groups(c));
  TRYV(read_devices(c, version));
  if (!c.trusted_certificates.is_null())
    return bad_request("This cloud does not serve trusted_image_certificates yet.",
                       "trusted_image_certificates");
  if (c.personality.size() > 0)
    return bad_request("This cloud does not serve personality: hand files over in user_data.",
                       "personality");
  if (c.max_count && *c.max_count < c.min_count)
    return bad_request("min_count must be <= max_count", "min_count");
  int64_t most = c.max_count.value_or(c.min_count);
  bool one_only = most > 1 && std::any_of(c.wishes.begin(), c.wishes.end(), [](const auto& w) {
                    return !w.port_id.empty() || !w.fixed_ip.empty();
                  });
  if (one_only)
    return bad_request(
        "Unable to launch multiple instances with a single configured port or fixed address. "
        "Please launch your instance one by one with different ports.",
        "networks");
  if (c.metadata.size() > kMaxMetadataItems)
    return Error(ErrorCode::over_quota, "Maximum number of metadata items exceeds 128", "metadata");
  return c;
}

const Fields<ServerCreate>& server_create_fields() { return create_fields(); }

const Fields<ServerUpdate>& server_update_fields() {
  using U = ServerUpdate;
  static const Fields<U> kFields(
      "server", Fields<U>::Unknown::refuse,
      {
          text("name", &U::name).length(1, 255).format_("name").checked(name_problem),
          text("description", &U::description).length(0, 255).nullable_().since_(19),
          text("accessIPv4", &U::access_ipv4).checked([](const Json& v) {
            return address_problem(v, true);
          }),
          text("accessIPv6", &U::access_ipv6).checked([](const Json& v) {
            return address_problem(v, false);
          }),
          text("OS-DCF:diskConfig", &U::disk_config).one_of({"AUTO", "MANUAL"}),
          text("hostname", &U::hostname).length(1, 63).checked(hostname_problem).since_(90),
      });
  return kFields;
}

Result<ServerUpdate> read_server_update(const Json& body, int version) {
  ServerUpdate u = TRY(server_update_fields().read(body, version));
  u.has_description = version >= 19 && body.contains("description");
  if (u.access_ipv6) {
    if (auto a = IpAddress::parse(*u.access_ipv6)) u.access_ipv6 = a->str();
  }
  return u;
}

Result<ServerRebuild> read_server_rebuild(const Json& body, int version) {
  using R = ServerRebuild;
  static const Fields<R> kFields(
      "rebuild", Fields<R>::Unknown::refuse,
      {
          text("imageRef", &R::image_id).required_().length(1, 1024),
          text("name", &R::name).length(1, 255).format_("name").checked(name_problem),
          text("adminPass", &R::admin_pass).length(0, 255),
          string_map("metadata", &R::metadata),
          boolean("preserve_ephemeral", &R::preserve_ephemeral),
          text("accessIPv4", &R::access_ipv4).checked([](const Json& v) {
            return address_problem(v, true);
          }),
          text("accessIPv6", &R::access_ipv6).checked([](const Json& v) {
            return address_problem(v, false);
          }),
          text("OS-DCF:diskConfig", &R::disk_config).one_of({"AUTO", "MANUAL"}),
          any("personality", &R::personality).until_(56),
          text("description", &R::description).length(0, 255).nullable_().since_(19),
          text("key_name", &R::key_name).length(1, 255).nullable_().since_(54),
          text("user_data", &R::user_data)
              .length(0, kMaxUserData)
              .checked(base64_problem)
              .nullable_()
              .since_(57),
          any("trusted_image_certificates", &R::trusted_certificates).since_(63),
          text("hostname", &R::hostname).length(1, 63).checked(hostname_problem).since_(90),
      });
  R r = TRY(kFields.read(body, version));
  r.has_description = body.contains("description");
  r.has_key = body.contains("key_name");
  r.has_user_data = body.contains("user_data");
  if (size_t slash = r.image_id.rfind('/'); slash != std::string::npos)
    r.image_id = r.image_id.substr(slash + 1);
  if (!is_uuid_like(r.image_id))
    return bad_request("Invalid imageRef provided: it must be an image's UUID.", "imageRef");
  if (!r.trusted_certificates.is_null())
    return bad_request("This cloud does not serve trusted_image_certificates yet.",
                       "trusted_image_certificates");
  if (r.personality.size() > 0)
    return bad_request("This cloud does not serve personality: hand files over in user_data.",
                       "personality");
  if (r.metadata && r.metadata->size() > kMaxMetadataItems)
    return Error(ErrorCode::over_quota, "Maximum number of metadata items exceeds 128", "metadata");
  if (r.access_ipv6) {
    if (auto a = IpAddress::parse(*r.access_ipv6)) r.access_ipv6 = a->str();
  }
  return r;
}

Result<StringMap> read_metadata(const Json& metadata) {
  FieldRules rules;
  rules.name = "metadata";
  rules.type = "map";
  TRYV(check_field(rules, metadata));
  if (metadata.size() > kMaxMetadataItems)
    return Error(ErrorCode::over_quota, "Maximum number of metadata items exceeds 128", "metadata");
  return string_map_from(metadata);
}

}  // namespace nuri::compute
