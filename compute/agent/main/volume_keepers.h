#pragma once

#include <functional>
#include <string>

#include "compute/agent/core/item_keeper.h"
#include "storage/agent/file/file_volumes.h"
#include "storage/agent/file/uploads.h"

namespace nuri::compute::agent {

// What storage wants of this host: volumes, snapshots, and uploads of volumes to images.
class VolumeKeepers {
 public:
  struct Hooks {
    storage::agent::FileVolumes::Hooks files;
    std::function<Status(const std::string& image_id, const std::string& path)> send;
    std::function<Result<bool>(const std::string& image_id)> arrived;
    std::function<void(const std::string& kind, const std::string& id, Json state)> observe;
    std::function<bool(const std::string& volume_id)> in_use;  // a server still has it
  };
  VolumeKeepers(const std::string& data, DesiredStore& store, const Hooks& hooks);
  void start();
  void stop();
  bool wake(const std::string& kind, const std::string& id);  // false: no kind of storage's
  void sweep(TimeUs now, TimeUs grace_us);

 private:
  template <class Files>
  static ItemKeeper::Work work(Files& files, const Hooks& hooks);

  storage::agent::FileVolumes volume_files_, snapshot_files_;
  storage::agent::Uploads upload_files_;
  ItemKeeper volumes_, snapshots_, uploads_;
};

}  // namespace nuri::compute::agent
