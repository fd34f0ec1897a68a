#include "compute/store/columns.h"
#include "compute/store/server_store.h"
#include "services/base/net.h"

// What hangs on a server: ports, volumes, the record of actions.
namespace nuri::compute {

namespace {

const Table<ServerPort>& ports() {
  using P = ServerPort;
  static const Table<P> kTable("server_ports", 1,
                               {
                                   column("id", &P::id),
                                   column("server_id", &P::server_id),
                                   column("network_id", &P::network_id),
                                   column("position", &P::position),
                                   column("ours", &P::ours),
                                   column("fixed_ips", &P::fixed_ips),
                                   column("state", &P::state),
                                   column("mac", &P::mac),
                                   column("network_name", &P::network_name),
                                   column("mtu", &P::mtu),
                                   column("addresses", &P::addresses),
                                   column("floating", &P::floating),
                                   column("metadata_port", &P::metadata_port),
                                   column("status", &P::status),
                                   column("tag", &P::tag),
                               });
  return kTable;
}

const Table<ServerVolume>& volumes() {
  using V = ServerVolume;
  static const Table<V> kTable("server_volumes", 1,
                               {
                                   column("attachment_id", &V::attachment_id),
                                   column("server_id", &V::server_id),
                                   column("volume_id", &V::volume_id),
                                   column("project_id", &V::project_id),
                                   column("device", &V::device),
                                   column("state", &V::state),
                                   column("path", &V::path),
                                   column("format", &V::format),
                                   column("serial", &V::serial),
                                   column("tag", &V::tag),
                                   column("size_gib", &V::size_gib),
                                   column("source", &V::source),
                                   column("delete_on_termination", &V::delete_on_termination),
                                   column("since_us", &V::since_us),
                               });
  return kTable;
}

const Table<InstanceAction>& actions() {
  using A = InstanceAction;
  static const Table<A> kTable("actions", 3,
                               {
                                   column("server_id", &A::server_id),
                                   column("request_id", &A::request_id),
                                   column("action", &A::action),
                                   column("user_id", &A::user_id),
                                   column("project_id", &A::project_id),
                                   column("start_us", &A::start_us),
                                   column("updated_us", &A::updated_us),
                                   column("finish_us", &A::finish_us),
                                   column("event", &A::event),
                                   column("result", &A::result),
                                   column("message", &A::message),
                               });
  return kTable;
}

Json address(const std::string& ip, const char* type, const std::string& mac) {
  auto parsed = IpAddress::parse(ip);
  return Json::object({{"version", parsed && !parsed->v4 ? 6 : 4},
                       {"addr", ip},
                       {"OS-EXT-IPS:type", type},
                       {"OS-EXT-IPS-MAC:mac_addr", mac}});
}

}  // namespace

void insert_port(db::Session& s, const ServerPort& port) { ports().insert(s, port); }
bool save_port(db::Session& s, const ServerPort& port) { return ports().update(s, port); }
void erase_port(db::Session& s, std::string_view id) {
  s.exec("DELETE FROM server_ports WHERE id=?1", {id});
}
std::optional<ServerPort> find_port(db::Session& s, std::string_view id) {
  return ports().one(s, "WHERE id=?1", {id});
}
std::vector<ServerPort> ports_of(db::Session& s, std::string_view server_id) {
  return ports().all(s, "WHERE server_id=?1 ORDER BY position, id", {server_id});
}

void insert_volume(db::Session& s, const ServerVolume& v) { volumes().insert(s, v); }
bool save_volume(db::Session& s, const ServerVolume& v) { return volumes().update(s, v); }
void erase_volume(db::Session& s, std::string_view id) {
  s.exec("DELETE FROM server_volumes WHERE attachment_id=?1", {id});
}
std::vector<ServerVolume> volumes_of(db::Session& s, std::string_view server_id) {
  return volumes().all(s, "WHERE server_id=?1 ORDER BY device", {server_id});
}
std::optional<ServerVolume> find_volume(db::Session& s, std::string_view server_id,
                                        std::string_view volume_id) {
  return volumes().one(s, "WHERE server_id=?1 AND volume_id=?2", {server_id, volume_id});
}

bool volume_promised(db::Session& s, std::string_view volume_id, std::string_view project_id) {
  return s.count("SELECT count(*) FROM server_volumes WHERE volume_id=?1 AND project_id=?2",
                 {volume_id, project_id}) > 0;
}

void refresh_shown(db::Session& s, Server& server) {
  Json shown = Json::object();
  for (const ServerPort& p : ports_of(s, server.id)) {
    if (p.state != "bound") continue;
    Json& list = shown[p.network_name];
    list.array_ref();
    for (const Json& a : stored_list(p.addresses))
      list.push_back(address(a["ip"].as_string(), "fixed", p.mac));
    for (const Json& f : stored_list(p.floating))
      list.push_back(address(f["floating_ip_address"].as_string(), "floating", p.mac));
  }
  server.addresses = shown.dump();
  Json attached = Json::array();
  for (const ServerVolume& v : volumes_of(s, server.id)) {
    attached.push_back(Json::object(
        {{"id", v.volume_id}, {"delete_on_termination", v.delete_on_termination}}));
  }
  server.volumes = attached.dump();
}

void record_action(db::Session& s, const InstanceAction& action) {
  s.exec("DELETE FROM actions WHERE server_id=?1 AND request_id=?2 AND action=?3",
         {action.server_id, action.request_id, action.action});
  actions().insert(s, action);
}

void finish_actions(db::Session& s, std::string_view server_id, TimeUs now_us,
                    std::string_view result, std::string_view message) {
  s.exec(
      "UPDATE actions SET finish_us=?2, updated_us=?2, result=?3, message=?4 WHERE server_id=?1 "
      "AND finish_us=0",
      {server_id, now_us, result, message});
}

void finish_actions(db::Session& s, std::string_view server_id,
                    std::initializer_list<std::string_view> actions_over, TimeUs now_us,
                    std::string_view result, std::string_view message) {
  for (std::string_view action : actions_over) {
    s.exec(
        "UPDATE actions SET finish_us=?3, updated_us=?3, result=?4, message=?5 WHERE server_id=?1 "
        "AND action=?2 AND finish_us=0",
        {server_id, action, now_us, result, message});
  }
}

bool note_progress(db::Session& s, std::string_view server_id, std::string_view action,
                   TimeUs now_us, std::string_view message) {
  return s.exec(
             "UPDATE actions SET updated_us=?3, message=?4 WHERE server_id=?1 AND action=?2 AND "
             "finish_us=0 AND message<>?4",
             {server_id, action, now_us, message}) > 0;
}

std::vector<InstanceAction> actions_of(db::Session& s, std::string_view server_id) {
  return actions().all(s, "WHERE server_id=?1 ORDER BY start_us DESC", {server_id});
}

}  // namespace nuri::compute
