#pragma once

#include "compute/api/server_create.h"
#include "compute/routes/app.h"

// Turns the references of a create request into what the server keeps, asking the other services
// with the user's own token: what he cannot see does not exist.
namespace nuri::compute {

struct Resolved {
  Flavor flavor;
  Json image;                        // {"id", "disk_format", "size", "sha512"}; null: none
  std::vector<ServerVolume> volumes; // of each server; ids are minted later
  std::vector<ServerPort> ports;     // of each server; ids are minted later
  Json group_names = Json::array();  // [{"name"}]
  Json group_ids;                    // null: the project's default group
  std::optional<Keypair> key;
  std::string zone, host;
};

// Error: bad_request naming flavorRef.
Result<Flavor> find_usable_flavor(App& app, const Context& c, const std::string& id);
// What the agent is told of an image that may be put on a disk of this flavor. Error: bad_request.
Result<Json> find_usable_image(App& app, const Context& c, const std::string& id,
                               const Flavor& flavor, const char* field);
// The volumes a new server is to have, and the host they tie it to.
Status resolve_devices(App& app, const Context& c, const ServerCreate& in, Resolved& out);
Result<Resolved> resolve(App& app, const Context& c, const ServerCreate& in);
// A security group by name or id. Error: bad_request.
Result<Json> find_group(App& app, const Context& c, const std::string& name);

}  // namespace nuri::compute
