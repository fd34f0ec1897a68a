#pragma once

#include <functional>
#include <string>
#include <vector>

#include "storage/agent/file/file_volumes.h"

namespace nuri::storage::agent {

// Images made of volumes: the volume's file is copied to FOLDER/ID.part in the image's format,
// streamed to the image service, and removed. FOLDER/ID.done says that it has arrived, so that an
// agent that starts anew does not send it again.
class Uploads {
 public:
  struct Hooks {
    FileVolumes::Hooks volumes;
    // Streams a file to the image. Error conflict: it has its data, or is getting it.
    std::function<Status(const std::string& image_id, const std::string& path)> send;
    // Whether the image has its data.
    std::function<Result<bool>(const std::string& image_id)> arrived;
  };
  Uploads(std::string folder, std::string volumes, Hooks hooks)
      : folder_(std::move(folder)), volumes_(std::move(volumes)), hooks_(std::move(hooks)) {}

  // Spec and state as docs/internal-protocols.md; errors: unprocessable where it can never work.
  Result<Json> ensure(const std::string& id, const Json& spec);
  Status remove(const std::string& id);
  std::vector<std::string> list() const;  // ids of what is here

 private:
  Status send(const std::string& id, const std::string& path);
  std::string done_of(const std::string& id) const { return folder_ + "/" + id + ".done"; }
  std::string part_of(const std::string& id) const { return folder_ + "/" + id + ".part"; }

  std::string folder_, volumes_;
  Hooks hooks_;
};

}  // namespace nuri::storage::agent
