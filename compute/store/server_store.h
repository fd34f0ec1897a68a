#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compute/domain/server.h"
#include "services/db/database.h"

// Rows of servers, their ports, volumes and actions. All inside a caller's transaction; a writer
// reads the row, changes the struct and saves it whole in the same transaction.
namespace nuri::compute {

void insert_server(db::Session& s, const Server& server);
bool save_server(db::Session& s, const Server& server);
// Deleted ones too.
std::optional<Server> find_server(db::Session& s, std::string_view id);

struct ServerFilter {
  std::string project_id;         // "": all
  bool deleted = false;           // only deleted ones; else only live ones
  bool both = false;              // with changes_since: live and deleted
  std::vector<StatePair> states;  // any of
  bool no_such_status = false;
  std::string name, ip, ip6, image, flavor, host, zone, user, key_name, reservation, uuid, hostname,
      description;
  std::optional<bool> locked, config_drive;
  std::optional<int64_t> power_state;
  std::string vm_state, task_state;
  std::optional<TimeUs> changes_since, changes_before;
  std::vector<std::string> tags, tags_any, not_tags, not_tags_any;
  std::string sort_key = "created_us";  // a column
  bool ascending = false;
  std::string marker;  // the id after which to go on
  int64_t limit = 1000;
};
// Error: bad_request where the marker is unknown.
Result<std::vector<Server>> list_servers(db::Session& s, const ServerFilter& filter);

void insert_port(db::Session& s, const ServerPort& port);
bool save_port(db::Session& s, const ServerPort& port);
void erase_port(db::Session& s, std::string_view id);
std::optional<ServerPort> find_port(db::Session& s, std::string_view id);
std::vector<ServerPort> ports_of(db::Session& s, std::string_view server_id);

void insert_volume(db::Session& s, const ServerVolume& volume);
bool save_volume(db::Session& s, const ServerVolume& volume);
void erase_volume(db::Session& s, std::string_view attachment_id);
std::vector<ServerVolume> volumes_of(db::Session& s, std::string_view server_id);
std::optional<ServerVolume> find_volume(db::Session& s, std::string_view server_id,
                                        std::string_view volume_id);
// Does any server have it, or is to get it?
bool volume_promised(db::Session& s, std::string_view volume_id);

// The JSON a list shows of ports and volumes, rebuilt into the server from their rows.
void refresh_shown(db::Session& s, Server& server);

void record_action(db::Session& s, const InstanceAction& action);
// Ends what is unfinished of a server.
void finish_actions(db::Session& s, std::string_view server_id, TimeUs now_us,
                    std::string_view result, std::string_view message = {});
// Says of an unfinished action how it stands. Answers whether that was news.
bool note_progress(db::Session& s, std::string_view server_id, std::string_view action,
                   TimeUs now_us, std::string_view message);
std::vector<InstanceAction> actions_of(db::Session& s, std::string_view server_id);

// Drops what has been deleted for longer than clients ask for.
void purge_deleted(db::Session& s, TimeUs before_us);

}  // namespace nuri::compute
