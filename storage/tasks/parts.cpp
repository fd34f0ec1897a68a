#include "storage/tasks/parts.h"

#include "storage/store/record_store.h"

namespace nuri::storage {

void tell_user(db::Session& s, const TaskParts& p, const std::string& project_id,
               const std::string& resource_type, const std::string& resource_id,
               const std::string& event_id, const std::string& text) {
  store::insert(s, store::Message{p.random.uuid(), project_id, resource_type, resource_id, event_id,
                                  text, p.clock.now_us()});
}

}  // namespace nuri::storage
