#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "network/agent/metadata_server.h"
#include "network/agent/namespaces.h"

namespace nuri::network::agent {

// The metadata service of this host: a namespace and a listener for each network that has a server
// here, none for the others.
class MetadataAgent {
 public:
  struct Options {
    std::string ovs_vsctl = "ovs-vsctl", bridge = "br-int";
    Namespaces::Names names;
    unsigned tick_ms = 5'000;
    PasswordSink password;  // called on the server's thread
  };
  explicit MetadataAgent(Options options);
  ~MetadataAgent();
  // All servers wanted here. What guests are told changes before this returns; namespaces follow.
  // `complete`: these are all, so that namespaces of other networks can go.
  void update(const std::vector<Instance>& instances, bool complete);

 private:
  void loop();
  bool reconcile(const std::map<std::string, MetadataNetwork>& wanted, bool complete);
  Status ensure(const std::string& tag, const MetadataNetwork& network);

  Options options_;
  Namespaces namespaces_;
  MetadataBook book_;
  MetadataServer server_{book_, options_.password};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, MetadataNetwork> wanted_;  // by tag
  bool complete_ = false, changed_ = false, stopping_ = false;
  std::map<std::string, MetadataNetwork> made_;    // the thread's own
  std::thread thread_;
};

}  // namespace nuri::network::agent
