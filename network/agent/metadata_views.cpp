#include "network/agent/metadata_views.h"

#include <algorithm>

namespace nuri::network::agent {

namespace {
using Files = std::vector<std::pair<std::string, std::string>>;

// Nova's: what guests ask for by date.
constexpr std::string_view kOpenstackVersions[] = {"2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30",
                                                   "2016-10-06", "2017-02-22", "2018-08-27", "2020-10-14", "latest"};
constexpr std::string_view kEc2Versions[] = {"1.0",        "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10",
                                             "2007-12-15", "2008-02-01", "2008-09-01", "2009-04-04", "latest"};

Files openstack_files(const Instance& i) {
  Files out = {{"meta_data.json", openstack_meta_data(i).dump()}, {"network_data.json", openstack_network_data(i).dump()},
               {"vendor_data.json", "{}"}, {"vendor_data2.json", R"({"static":{}})"}};
  if (!i.user_data.empty()) out.emplace_back("user_data", i.user_data);
  return out;
}

std::string first_ipv4(const Instance& i) {
  for (const auto& p : i.ports) {
    for (const auto& a : p.addresses) {
      if (a.version == 4) return a.ip;
    }
  }
  return "";
}

std::string first_floating(const Instance& i) {
  for (const auto& p : i.ports) {
    if (!p.floating.empty()) return p.floating.front();
  }
  return "";
}

// Objects are folders, texts are files.
Json ec2_tree(const Instance& i) {
  Json keys = Json::object();
  for (size_t n = 0; n < i.keys.size(); ++n) {
    keys.set(std::to_string(n), Json::object({{"openssh-key", i.keys[n].second}}));
  }
  Json out = Json::object({{"ami-id", i.image_id.empty() ? "" : "ami-" + i.image_id.substr(0, 8)}, {"ami-launch-index", std::to_string(i.launch_index)},
                           {"ami-manifest-path", "FIXED_IP"},  // Nova's word, which some guests look for
                           {"block-device-mapping", Json::object({{"ami", "vda"}, {"root", "/dev/vda"}})},
                           {"hostname", i.hostname}, {"instance-action", "none"}, {"instance-id", "i-" + i.id.substr(0, 8)},
                           {"instance-type", i.flavor}, {"local-hostname", i.hostname}, {"local-ipv4", first_ipv4(i)},
                           {"placement", Json::object({{"availability-zone", i.availability_zone}})},
                           {"public-hostname", i.hostname}, {"public-ipv4", first_floating(i)}});
  if (!i.keys.empty()) out.set("public-keys", std::move(keys));
  out.set("reservation-id", "r-" + i.id.substr(0, 8));
  return out;
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    if (!part.empty()) out.emplace_back(part);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return out;
}

template <class List>
View lines(const List& items) {
  View v;
  for (const auto& item : items) v.body += (v.body.empty() ? "" : "\n") + std::string(item);
  return v;
}

template <size_t N>
bool has(const std::string_view (&list)[N], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

std::optional<View> openstack_view(const Instance& i, const std::vector<std::string>& parts) {
  if (parts.size() == 1) return lines(kOpenstackVersions);
  if (parts.size() > 3 || !has(kOpenstackVersions, parts[1])) return std::nullopt;
  Files files = openstack_files(i);
  if (parts.size() == 2) {
    std::vector<std::string> names;
    for (const auto& f : files) names.push_back(f.first);
    return lines(names);
  }
  for (auto& [name, content] : files) {
    if (name != parts[2]) continue;
    return View{name == "user_data" ? "application/octet-stream" : "application/json", std::move(content)};
  }
  return std::nullopt;
}

// Listing of keys is "0=name", which EC2 alone does so.
View list_folder(const Instance& i, const Json& folder, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [key, value] : folder.as_object()) {
    if (name == "public-keys") names.push_back(key + "=" + i.keys[names.size()].first);
    else names.push_back(value.is_object() ? key + "/" : key);
  }
  return lines(names);
}

std::optional<View> ec2_view(const Instance& i, const std::vector<std::string>& parts) {
  if (parts.size() == 1) return lines(i.user_data.empty() ? std::vector<std::string>{"meta-data/"} : std::vector<std::string>{"meta-data/", "user-data"});
  if (parts[1] == "user-data" && parts.size() == 2 && !i.user_data.empty()) return View{"application/octet-stream", i.user_data};
  if (parts[1] != "meta-data") return std::nullopt;
  Json tree = ec2_tree(i);
  const Json* at = &tree;
  for (size_t n = 2; n < parts.size(); ++n) {
    at = at->is_object() ? at->find(parts[n]) : nullptr;
    if (!at) return std::nullopt;
  }
  if (at->is_object()) return list_folder(i, *at, parts.back());
  return View{View().content_type, at->as_string()};
}
}  // namespace

bool is_password_path(std::string_view path) {
  auto parts = split(path);
  return parts.size() == 3 && parts[0] == "openstack" && has(kOpenstackVersions, parts[1]) && parts[2] == "password";
}

std::optional<View> metadata_view(const Instance& instance, std::string_view path) {
  auto parts = split(path);
  if (parts.empty()) return lines(kEc2Versions);
  if (parts[0] == "openstack") return openstack_view(instance, parts);
  if (has(kEc2Versions, parts[0])) return ec2_view(instance, parts);
  return std::nullopt;
}

Files config_drive_files(const Instance& instance) {
  Files out;
  for (const char* version : {"latest", "2020-10-14"}) {
    for (auto& [name, content] : openstack_files(instance)) out.emplace_back("openstack/" + std::string(version) + "/" + name, content);
  }
  Json ec2 = ec2_tree(instance);
  Json keys = Json::object();
  for (size_t n = 0; n < instance.keys.size(); ++n) {
    keys.set(std::to_string(n), Json::object({{"_name", "0=" + instance.keys[n].first}, {"openssh-key", instance.keys[n].second}}));
  }
  if (!instance.keys.empty()) ec2.set("public-keys", std::move(keys));
  for (const char* version : {"latest", "2009-04-04"}) {
    out.emplace_back("ec2/" + std::string(version) + "/meta-data.json", ec2.dump());
    if (!instance.user_data.empty()) out.emplace_back("ec2/" + std::string(version) + "/user-data", instance.user_data);
  }
  return out;
}

}  // namespace nuri::network::agent
