#pragma once

#include <functional>
#include <string>
#include <vector>

#include "network/driver/ovn/json_stream.h"
#include "services/base/clock.h"

namespace nuri::network::ovn {

// One connection to an OVSDB server, for one thread. Notifications and the server's own requests
// are served while waiting for an answer.
class Client {
 public:
  using OnUpdate = std::function<void(const Json& table_updates)>;
  // target: unix:PATH or tcp:ADDRESS:PORT.
  Client(std::string target, OnUpdate on_update)
      : target_(std::move(target)), on_update_(std::move(on_update)) {}
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Status connect();
  void close();
  bool connected() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  // Reads what has come, without waiting. An Error means the connection is gone.
  Status pump();
  // A method call and its result. Errors: unavailable, timeout (the connection is then closed),
  // bad_gateway (the server's error).
  Result<Json> call(const std::string& method, Json params, unsigned timeout_ms = 20'000);
  // An echo, where nothing came for a while: finds a peer that vanished without a word.
  Status probe();

 private:
  Status send(const Json& message);
  Status flush();
  Status handle(const Json& message);
  Status lost(const std::string& why);
  std::string target_;
  OnUpdate on_update_;
  int fd_ = -1;
  int64_t next_id_ = 1;
  JsonStream stream_;
  std::vector<Json> answers_;
  std::string out_;  // a message that is sent while another is only half gone waits its turn
  bool flushing_ = false;
  TimeUs heard_us_ = 0;
};

}  // namespace nuri::network::ovn
