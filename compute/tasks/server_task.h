#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compute/scheduler/plan.h"
#include "compute/store/server_store.h"
#include "compute/tasks/peers.h"
#include "services/feed/feed.h"
#include "services/tasks/task.h"

// The one lifelong task of a server:
//
//   place -> volumes -> ports -> boot -> watch    watch: power, rebuilds, resizes, snapshots; volumes
//      \________\________\________\____> failed            and ports come and go
//   watch -> offload -> offloaded -> parked       failed: in ERROR, waits for the delete signal
//   parked -> place                               parked: shelved, on no host
//   failed -> offload                             of an unshelve: the host lets go, it stays parked
//   delete signal, at any point: remove -> gone -> release -> (no row, no task)
//
// Ids of ports and attachments are in rows before anybody outside hears of them, outside creates
// are PUTs and outside removals are idempotent; so any step may be done again after a crash.
namespace nuri::compute {

class ServerTask {
 public:
  ServerTask(db::Database& database, Clock& clock, Random& random, feed::Feed& feed, Peers peers)
      : db_(database),
        clock_(clock),
        random_(random),
        feed_(feed),
        peers_(peers),
        started_us_(clock.now_us()) {}

  tasks::Kind kind();
  // For Feed::on_observed: hosts into their table, a server's observation wakes its task.
  Status observed(db::Session& s, const std::string& host, const std::string& kind,
                  const std::string& id, const Json& state);
  // Runner::wake, known only once the runner is made from kind().
  void on_wake(std::function<void()> f) { wake_ = std::move(f); }
  // After a change of the server's rows, in the same transaction.
  void signal(db::Session& s, std::string_view server_id);
  void wake_after(db::Session& s);
  // False where there is no such task.
  bool request_delete(db::Session& s, std::string_view server_id);

  // Makes (or finds made) the port in the network service and fills the row from its answer.
  Status bind_port(const Server& server, ServerPort& port);
  // Deletes the port made for a server, unbinds a user's.
  Status free_port(const ServerPort& port);

 private:
  struct View {
    Server server;
    std::vector<ServerPort> ports;
    std::vector<ServerVolume> volumes;
    std::optional<Observation> seen;
  };
  Result<View> look(const std::string& id);
  Result<tasks::Outcome> place(const tasks::Task& task);
  Result<tasks::Outcome> boot_volumes(const tasks::Task& task);
  Result<tasks::Outcome> ports(const tasks::Task& task);
  Result<tasks::Outcome> boot(const tasks::Task& task);
  Result<tasks::Outcome> watch(const tasks::Task& task);
  Result<tasks::Outcome> offload(const tasks::Task& task);
  Result<tasks::Outcome> offloaded(const tasks::Task& task);
  Result<tasks::Outcome> parked(const tasks::Task& task);
  Result<tasks::Outcome> failed(const tasks::Task& task);
  Result<tasks::Outcome> remove(const tasks::Task& task);
  Result<tasks::Outcome> gone(const tasks::Task& task);
  Result<tasks::Outcome> release(const tasks::Task& task);

  // Makes and connects volumes that a server needs to boot; what became of each, into the rows.
  Result<bool> make_volume(const Server& server, ServerVolume& volume);
  Result<bool> connect_for_boot(const Server& server, ServerVolume& volume);

  // watch's parts: an outcome where there was something to do. See watch.cpp and life.cpp.
  Result<std::optional<tasks::Outcome>> watch_life(const View& v);
  Result<std::optional<tasks::Outcome>> park_volumes(const View& v, const std::string& host);
  Result<std::optional<tasks::Outcome>> unpack(const Server& server);
  Result<std::optional<tasks::Outcome>> watch_snapshot(const View& v, const Json& snapshot);
  Result<std::optional<tasks::Outcome>> end_snapshot(const View& v, const Json& snapshot);
  Status finish_snapshot(db::Session& s, const std::string& id, const Json& snapshot,
                         const std::string& problem);
  Status stay_parked(db::Session& s, const std::string& id, const std::string& why);
  Status drop_image(const std::string& image_id);
  Result<std::optional<tasks::Outcome>> watch_ports(const View& v);
  Result<std::optional<tasks::Outcome>> watch_volumes(const View& v);
  Result<std::optional<tasks::Outcome>> connect_volume(const ServerVolume& volume,
                                                       const Server& server);
  std::optional<tasks::Outcome> give_up_volume(const std::string& id, const ServerVolume& volume,
                                               const std::string& why);
  Status say_unplug_late(const View& v, const ServerVolume& volume);

  Status settle(db::Session& s, const std::string& id);
  Status finish_release(db::Session& s, const std::string& id);
  void put_spec(db::Session& s, Server& server);
  Status fail(db::Session& s, const std::string& id, const std::string& why,
              const std::string& details = {});
  void tell_usage(db::Session& s, Server& server);
  void add_stage(Server& server, const char* stage);

  db::Database& db_;
  Clock& clock_;
  Random& random_;
  feed::Feed& feed_;
  Peers peers_;
  TimeUs started_us_;
  std::function<void()> wake_;
};

// The body of PUT /internal/v1/images/{id} for a server's snapshot (kept with the wish for it).
Result<Json> queue_snapshot(Peer& image, const std::string& image_id, const Json& body);

// What the agent is told: the wish for one server, from its rows.
Json server_spec(const Server& server, const std::vector<ServerPort>& ports,
                 const std::vector<ServerVolume>& volumes);

}  // namespace nuri::compute
