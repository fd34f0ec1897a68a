#pragma once

#include "compute/api/server_create.h"
#include "compute/routes/app.h"

// Turns the references of a create request into what the server keeps, asking the other services
// with the user's own token: what he cannot see does not exist.
namespace nuri::compute {

struct Resolved {
  Flavor flavor;
  Json image;                        // {"id", "disk_format", "size", "sha512"}
  std::vector<ServerPort> ports;     // of each server; ids are minted later
  Json group_names = Json::array();  // [{"name"}]
  Json group_ids;                    // null: the project's default group
  std::optional<Keypair> key;
  std::string zone, host;
};

Result<Resolved> resolve(App& app, const Context& c, const ServerCreate& in);
// A security group by name or id. Error: bad_request.
Result<Json> find_group(App& app, const Context& c, const std::string& name);

}  // namespace nuri::compute
