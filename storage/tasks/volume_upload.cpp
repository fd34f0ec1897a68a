#include "storage/domain/volume_state.h"
#include "storage/store/volume_store.h"
#include "storage/tasks/volume_steps.h"

// The part of a volume's life in which it is copied to an image.
namespace nuri::storage {

using tasks::Outcome;
using tasks::Task;

Json upload_spec(const Volume& v) {
  return Json::object(
      {{"id", v.upload_image}, {"volume_id", v.id}, {"disk_format", v.upload["disk_format"]}});
}

namespace {

constexpr int kDropAttempts = 5;

bool may_pass(const Error& e) {
  return e.code == ErrorCode::unavailable || e.code == ErrorCode::timeout ||
         e.code == ErrorCode::internal || e.code == ErrorCode::bad_gateway;
}

}  // namespace

Result<Outcome> VolumeSteps::queue_upload(const Task& task) {
  Seen seen = TRY(look(task.id));
  Volume& v = seen.volume;
  if (v.upload_image.empty()) return Outcome::next("keep");
  Json image = v.upload;
  image.set("host", v.host);
  auto queued = p_.images.queue(v.upload_image, image);
  if (!queued && may_pass(queued.error())) return queued.error();
  std::string why = queued ? "" : queued.error().message;
  std::string next = queued ? "await_upload" : "end_upload";
  return Outcome::next(next,
                       [this, id = task.id, why](db::Session& s) -> Status {
                         auto found = store::find(s, id);
                         if (!found) return internal("volume row is gone");
                         if (why.empty()) {
                           found->upload.set("revision",
                                             p_.feed.put(s, found->host, "upload",
                                                         found->upload_image, upload_spec(*found)));
                         } else {
                           found->error = why;
                         }
                         store::update(s, *found, p_.clock.now_us());
                         return {};
                       })
      .within(p_.options.upload_us);
}

Result<Outcome> VolumeSteps::await_upload(const Task& task) {
  Seen seen = TRY(look(task.id));
  const Volume& v = seen.volume;
  auto state = TRY(p_.db.read(
      [&](db::Session& s) { return p_.feed.observed(s, v.host, "upload", v.upload_image); }));
  if (!state) return Outcome::wait(kLookAgainUs);
  const Json& now = *state;
  bool current = now["revision"].as_int() >= v.upload["revision"].as_int();
  const std::string& status = now["status"].as_string();
  if (!current || (status != "done" && status != "failed")) return Outcome::wait(kLookAgainUs);
  std::string why = status == "done" ? "" : now["error"].as_string("The host could not upload it.");
  return Outcome::next("end_upload", [this, id = task.id, why](db::Session& s) -> Status {
    auto found = store::find(s, id);
    if (!found) return internal("volume row is gone");
    found->error = why;
    found->upload.set("done", why.empty());
    store::update(s, *found, p_.clock.now_us());
    return {};
  });
}

// Done or not, the volume is again what it was before.
Result<Outcome> VolumeSteps::end_upload(const Task& task) {
  Seen seen = TRY(look(task.id));
  const Volume& v = seen.volume;
  bool done = v.upload["done"].as_bool();
  if (!v.upload_image.empty() && !done) {
    auto dropped = p_.images.drop(v.upload_image);
    // Not for ever: the volume is its owner's again, who can delete the image as well.
    bool again = !dropped && may_pass(dropped.error()) && task.attempt < kDropAttempts;
    if (again) return dropped.error();
  }
  return Outcome::next("keep", [this, id = task.id, done](db::Session& s) -> Status {
    auto found = store::find(s, id);
    if (!found) return internal("volume row is gone");
    if (!found->upload_image.empty()) p_.feed.remove(s, found->host, "upload", found->upload_image);
    if (!done && !found->upload_image.empty()) {
      tell_user(s, p_, found->project_id, "VOLUME", id, "VOLUME_VOLUME_004_007",
                "copy volume to image: " +
                    (found->error.empty() ? "it did not end in time" : found->error));
    }
    if (found->status == "uploading") found->status = std::string(status_by_attachment(*found));
    found->upload_image.clear();
    found->upload = Json();
    found->error.clear();
    store::update(s, *found, p_.clock.now_us());
    return {};
  });
}

}  // namespace nuri::storage
