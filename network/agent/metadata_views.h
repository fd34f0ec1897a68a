#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "network/agent/instance.h"

// What a guest reads about itself, in OpenStack's and in EC2's formats. Pure.
namespace nuri::network::agent {

struct View {
  std::string content_type = "text/plain; charset=UTF-8";
  std::string body;
};

// `path` as in the request, without a query. Nullopt: 404.
std::optional<View> metadata_view(const Instance& instance, std::string_view path);

bool is_password_path(std::string_view path);  // openstack/VERSION/password

Json openstack_meta_data(const Instance& instance);
Json openstack_network_data(const Instance& instance);

// The config drive's files (label config-2): path and content.
std::vector<std::pair<std::string, std::string>> config_drive_files(const Instance& instance);

}  // namespace nuri::network::agent
