#pragma once

#include <functional>
#include <string>

#include "services/base/clock.h"
#include "services/base/json.h"
#include "services/base/random.h"
#include "services/db/database.h"
#include "services/feed/feed.h"
#include "services/ledger/ledger.h"

// What the tasks of storage stand on.
namespace nuri::storage {

// The image service, as far as volumes need it.
class Images {
 public:
  virtual ~Images() = default;
  // Glance's image as far as the project sees it ("": any). Errors: not_found, unavailable.
  virtual Result<Json> find(const std::string& id, const std::string& project_id) = 0;
  // An image of that id that waits for an agent's upload; the same again is the same.
  virtual Status queue(const std::string& id, const Json& image) = 0;
  // The image of an upload that came to nothing; fine where there is none.
  virtual Status drop(const std::string& id) = 0;
};

struct VolumeTaskOptions {
  TimeUs place_us = 60 * kSecondUs;            // to find a host
  TimeUs make_blank_us = 5 * 60 * kSecondUs;   // for the agent to make the file
  TimeUs make_image_us = 60 * 60 * kSecondUs;  // with an image to fetch, or a file to copy
  TimeUs extend_us = 5 * 60 * kSecondUs;
  TimeUs upload_us = 2 * 60 * 60 * kSecondUs;
  TimeUs remove_us = 10 * 60 * kSecondUs;  // then an incident says so; the removal goes on
  int64_t overcommit = 10;
};

struct TaskParts {
  db::Database& db;
  feed::Feed& feed;
  Clock& clock;
  Random& random;
  Images& images;
  const ledger::Ledger& quota;
  VolumeTaskOptions options;
  std::function<void()> wake = [] {};  // something is due
};

inline constexpr TimeUs kLookAgainUs =
    30 * kSecondUs;  // while waiting for an agent; a signal comes sooner
inline constexpr TimeUs kIdleUs = 3600 * kSecondUs;

// Says to the project's users what became of something that was answered with 202.
void tell_user(db::Session& s, const TaskParts& parts, const std::string& project_id,
               const std::string& resource_type, const std::string& resource_id,
               const std::string& event_id, const std::string& text);

}  // namespace nuri::storage
