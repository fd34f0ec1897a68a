#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "compute/agent/console/console_relay.h"
#include "compute/agent/core/desired_store.h"
#include "compute/agent/core/driver.h"
#include "compute/agent/core/image_cache.h"
#include "compute/agent/core/item_keeper.h"
#include "compute/agent/core/server_keeper.h"
#include "compute/agent/main/volume_keepers.h"
#include "network/agent/metadata_agent.h"
#include "services/auth/token.h"
#include "services/base/config.h"
#include "services/feed/link.h"

namespace nuri::compute::agent {

// nuri-agent: what this host is wanted to be, from compute's and storage's feeds, made so.
class Agent {
 public:
  static Result<std::unique_ptr<Agent>> create(const Config& config, Clock& clock);
  ~Agent();
  void start();
  void stop();  // guests, volumes and metadata namespaces stay as they are

 private:
  Agent(const Config& config, Clock& clock);
  Status open();
  Status connect();
  void make_keepers();
  std::unique_ptr<Driver> make_driver() const;
  std::unique_ptr<ConsoleSource> make_console_source() const;
  Result<Json> call(const std::string& method, const Json& params);
  void desired(const std::string& source, std::vector<feed::DesiredItem> items, bool full);
  void tell_metadata();
  Status fetch_image(const std::string& image_id, const std::string& path);
  Status upload_image(const std::string& image_id, const std::string& path);
  Result<bool> image_arrived(const std::string& image_id);
  Result<storage::agent::FileVolumes::Source> image_for_volume(const Json& image);
  void report_loop();
  void report_host();
  void clean_images();
  void sweep_volumes();
  std::string user_of_volume(const std::string& id) const;

  const Config config_;
  Clock& clock_;
  std::string data_, host_;
  std::unique_ptr<auth::ServiceIdentity> self_;
  std::unique_ptr<http::Client> image_client_;
  std::unique_ptr<DesiredStore> store_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<ImageCache> images_;
  std::unique_ptr<network::agent::MetadataAgent> metadata_;  // none with the sim driver
  std::unique_ptr<ConsoleRelay> consoles_;
  std::unique_ptr<feed::Link> compute_, storage_;
  std::unique_ptr<ServerKeeper> servers_;
  std::unique_ptr<VolumeKeepers> volumes_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  TimeUs cleaned_us_ = 0;
  std::thread reporter_;
};

}  // namespace nuri::compute::agent
