#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "network/agent/instance.h"

namespace nuri::network::agent {

// Who is asking: a guest is known by the network its question came in on and its address there,
// which the network does not let it forge. Nothing a guest says counts.
class MetadataBook {
 public:
  void set(const std::vector<Instance>& instances);
  std::shared_ptr<const Instance> find(const std::string& network_id, const std::string& ip) const;

  // A guest posts its (encrypted) password once; false where there is one already.
  bool take_password(const Instance& instance, const std::string& password);
  // What it posted; "posted" where only the service knows it; "" where there is none.
  std::string password(const Instance& instance) const;

 private:
  struct Password {
    std::string text;
    bool confirmed = false;  // the service has said that it holds it
  };
  void follow_passwords(const std::vector<Instance>& instances);

  mutable std::shared_mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const Instance>> by_address_;
  std::map<std::string, Password> passwords_;  // by the server's id; guarded by mutex_
};

}  // namespace nuri::network::agent
