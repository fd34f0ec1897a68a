#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/auth/token.h"
#include "services/base/clock.h"
#include "services/http/client.h"

namespace nuri::feed {

struct DesiredItem {
  std::string kind, id;
  int64_t revision = 0;
  Json spec;  // null: must not exist
};

// The agent's end of a feed to one service: a thread that long-polls what is wanted, another that
// pushes what is. Reconnects for ever, with back-off up to 2 s.
class Link {
 public:
  struct Callbacks {
    // `full`: items is everything wanted. Called on the pulling thread.
    std::function<void(std::vector<DesiredItem> items, bool full)> desired;
    // Answers a call; on a thread of its own pool of two.
    std::function<Result<Json>(const std::string& method, const Json& params)> call;
  };
  Link(std::string name, std::unique_ptr<http::Client> client, auth::ServiceIdentity& self, std::string host, Clock& clock,
       Callbacks callbacks);
  ~Link();
  void start();
  void stop();
  // Queues the newest state of a thing; pushed at once, again until the service has it. Numbered here:
  // max(last + 1, now in us), so that numbers grow over restarts of the agent.
  void observe(std::string_view kind, std::string_view id, Json state);

 private:
  void pull_loop();
  void push_loop();
  bool pull_once();
  bool push_once();
  void answer_loop();
  void answer(const Json& call);
  bool pause(unsigned ms);

  std::string name_, host_;
  std::unique_ptr<http::Client> client_;
  auth::ServiceIdentity& self_;
  Clock& clock_;
  Callbacks callbacks_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::pair<std::string, std::string>, Json> pending_;  // the newest observation of each thing
  int64_t last_seq_ = 0;
  int64_t revision_ = 0;
  std::string epoch_;
  std::deque<Json> questions_;
  bool stopping_ = false;
  std::thread puller_, pusher_;
  std::vector<std::thread> answerers_;
};

}  // namespace nuri::feed
