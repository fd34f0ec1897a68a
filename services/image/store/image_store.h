#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/db/database.h"
#include "services/image/api/image.h"
#include "services/image/domain/image_list.h"

// The rows of images and their members. Functions run inside the caller's transaction.
namespace nuri::image::store {

extern const std::vector<db::Migration> kMigrations;  // component "image"

// Who looks: decides what is seen. `everything`: an administrator or a service.
struct Viewer {
  std::string project_id;
  bool everything = false;
};

void insert(db::Session& s, const Image& image);
// False where the row is gone.
bool update(db::Session& s, const Image& image);
// Whether there is such an image, or one being deleted.
bool exists(db::Session& s, std::string_view id);
// Any project's, but for deleted ones.
std::optional<Image> find(db::Session& s, std::string_view id);
bool visible(db::Session& s, const Image& image, const Viewer& viewer);
std::vector<Image> list(db::Session& s, const Viewer& viewer, const ListQuery& query);

// Deleting in three steps that a crash may part: marked here, the file removed, the row removed.
void mark_deleted(db::Session& s, std::string_view id, TimeUs now_us);
void remove(db::Session& s, std::string_view id);
std::vector<std::string> deleted(db::Session& s);
// After a crash: uploads that nobody will end. Their images wait for data again; returns the ids.
std::vector<std::string> requeue_saving(db::Session& s, TimeUs now_us);
// Ids of images that services queued and that are deleted: they are not made again.
void note_gone(db::Session& s, std::string_view id, TimeUs now_us);
bool is_gone(db::Session& s, std::string_view id);
void forget_gone(db::Session& s, TimeUs before_us);
// Ids whose data file belongs there.
std::vector<std::string> with_data(db::Session& s);

void put_member(db::Session& s, const Member& member);
std::optional<Member> find_member(db::Session& s, std::string_view image_id,
                                  std::string_view member_id);
std::vector<Member> members(db::Session& s, std::string_view image_id);
bool remove_member(db::Session& s, std::string_view image_id, std::string_view member_id);

}  // namespace nuri::image::store
