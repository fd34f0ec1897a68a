#include <unistd.h>

#include <algorithm>

#include "compute/agent/core/server_run.h"
#include "services/base/log.h"
#include "services/base/process.h"

// What is done to a server's disk besides making it. A file under its name is whole: it is written
// beside it and renamed.
namespace nuri::compute::agent {

namespace {
constexpr unsigned kCopyMs = 3'600'000;

// Sharing blocks where the file system can; holes stay holes.
Status copy_file(const std::string& from, const std::string& to) {
  std::string part = to + ".part";
  TRYV(run_checked({"cp", "--reflink=auto", "--sparse=always", "--", from, part}, kCopyMs));
  if (rename(part.c_str(), to.c_str()) != 0) return internal("rename " + part);
  return {};
}

bool there(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

Status drop(std::initializer_list<std::string> paths) {
  for (const auto& path : paths) {
    if (unlink(path.c_str()) != 0 && there(path)) return internal("remove " + path);
  }
  return {};
}
}  // namespace

void ServerKeeper::take_record(Run& run) {
  const ServerRecord& record = run.local.record;
  run.actual.reboots_done = record.reboots_done;
  run.actual.disk_number = record.disk_number;
  run.actual.disk_gib = record.disk_gib;
  run.actual.kept = record.kept;
  run.actual.snapshot = record.snapshot;
}

Result<bool> ServerKeeper::change_disk(Run& run, const Step& step) {
  const ServerFiles& files = run.files;
  ServerRecord& record = run.local.record;
  bool has_disk = there(files.disk());  // one that boots from a volume has none
  switch (step.action) {
    case Action::drop_memory:
      TRYV(drop({files.memory()}));
      run.actual.suspended = false;
      return true;
    case Action::discard:
      TRYV(drop({files.memory(), files.rescue(), files.config_drive(), files.copy(), files.disk()}));
      record.disk_number = run.spec.disk.number;
      break;
    case Action::grow:
      TRYV(driver_.grow(run.spec, files));
      record.disk_gib = run.spec.flavor.disk_gib;
      break;
    case Action::put_aside:
      if (has_disk && !there(files.kept(run.spec.disk.keep))) TRYV(copy_file(files.disk(), files.kept(run.spec.disk.keep)));
      record.kept = run.spec.disk.keep;
      break;
    case Action::take_back:
      if (there(files.kept(record.kept)) && rename(files.kept(record.kept).c_str(), files.disk().c_str()) != 0)
        return internal("rename " + files.kept(record.kept));
      record.kept = 0;
      record.disk_gib = -1;
      break;
    case Action::drop_aside:
      TRYV(drop({files.kept(record.kept)}));
      record.kept = 0;
      break;
    case Action::copy_disk:
      TRYV(copy_disk(run));
      break;
    default: return internal("not a step of a disk");
  }
  take_record(run);
  // At once: a start after it must not find an older word of what the disk is.
  TRYV(save_record(files, record));
  return true;
}

// The guest stands still for the copy, so that it is of one moment; the upload takes its time.
Status ServerKeeper::copy_disk(Run& run) {
  ServerRecord& record = run.local.record;
  auto taken = [&](const char* status, const std::string& error) {
    record.snapshot = run.spec.snapshot->number;
    record.snapshot_status = status;
    record.snapshot_error = error;
  };
  if (!there(run.files.disk())) {
    taken("failed", "The server has no disk of its own: it boots from a volume.");
    return {};
  }
  TRYV(drop({run.files.flat()}));
  bool runs = run.actual.domain && run.actual.domain->power == Power::running;
  if (runs) TRYV(driver_.pause(run.spec.id));
  Status copied = copy_file(run.files.disk(), run.files.copy());
  if (runs) run.actual.domain->power = Power::paused;
  // Not tried again, which would have the guest stand still again and again.
  if (!copied) {
    taken("failed", "The disk could not be copied: " + copied.error().detail);
    unlink((run.files.copy() + ".part").c_str());
  }
  // Where this fails or the agent dies before it, the next pass sees a guest that is not to be paused.
  if (runs) {
    TRYV(driver_.resume(run.spec.id));
    run.actual.domain->power = Power::running;
  }
  if (!copied) return {};
  taken("uploading", "");
  uploads_.wake(run.spec.id);
  return {};
}

// What the upload's thread has said goes into the record, which only the server's worker writes.
void ServerKeeper::take_upload(Run& run) {
  ServerRecord& record = run.local.record;
  if (record.snapshot_status != "uploading") return;
  std::string error;
  {
    std::lock_guard lock(mutex_);
    if (run.local.upload_done != record.snapshot) {
      uploads_.wake(run.spec.id);  // also after a restart of the agent
      return;
    }
    error = run.local.upload_error;
  }
  record.snapshot_status = error.empty() ? "done" : "failed";
  record.snapshot_error = error;
  run.record_dirty = true;
  if (auto dropped = drop({run.files.copy(), run.files.flat()}); !dropped) {
    log::warning("a snapshot's files stay", {{"server_id", run.spec.id}, {"why", dropped.error().detail}});
  }
}

void ServerKeeper::upload(const std::string& id) {
  auto item = store_.get("server", id);
  auto spec = item ? parse_server(id, item->spec) : Result<ServerSpec>(not_found("gone"));
  if (!spec || !spec->snapshot || !hooks_.upload) return;
  auto local = local_of(id);
  {
    std::lock_guard lock(mutex_);
    if (local->upload_done == spec->snapshot->number) return;
  }
  ServerFiles files = files_of(id);
  auto send = [&]() -> Status {
    if (!there(files.flat())) {
      if (!there(files.copy())) return Error(ErrorCode::gone, "The disk's copy is not there any more.");
      std::string part = files.flat() + ".part";
      TRYV(driver_.flatten(files.copy(), part));
      if (rename(part.c_str(), files.flat().c_str()) != 0) return internal("rename " + part);
    }
    return hooks_.upload(spec->snapshot->image_id, files.flat());
  };
  Status sent = send();
  ErrorCode code = sent ? ErrorCode::conflict : sent.error().code;
  // A conflict: it has its data, from a try whose end was not seen. Compute looks at the image.
  bool over = code == ErrorCode::conflict || code == ErrorCode::not_found || code == ErrorCode::gone ||
              code == ErrorCode::bad_request || code == ErrorCode::too_large || code == ErrorCode::unprocessable;
  if (!over) {
    log::warning("a snapshot is not uploaded yet", {{"server_id", id}, {"why", sent.error().message}});
    unsigned wait = std::min(options_.retry_max_ms, options_.retry_min_ms << std::min(local->upload_failures++, 10u));
    uploads_.wake(id, WorkQueue::Millis(wait));
    return;
  }
  local->upload_failures = 0;
  {
    std::lock_guard lock(mutex_);
    local->upload_done = spec->snapshot->number;
    local->upload_error = code == ErrorCode::conflict ? "" : sent.error().message;
  }
  queue_.wake(id);
}

}  // namespace nuri::compute::agent
