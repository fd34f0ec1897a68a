#include "compute/agent/main/volume_keepers.h"

namespace nuri::compute::agent {

namespace {
constexpr unsigned kThreads = 2, kUploadThreads = 1;
}

template <class Files>
ItemKeeper::Work VolumeKeepers::work(Files& files, const Hooks& hooks) {
  ItemKeeper::Work out;
  out.ensure = [&files](const std::string& id, const Json& spec) { return files.ensure(id, spec); };
  out.remove = [&files](const std::string& id) { return files.remove(id); };
  out.observe = hooks.observe;
  out.list = [&files] { return files.list(); };
  out.in_use = [](const std::string&) { return false; };
  return out;
}

VolumeKeepers::VolumeKeepers(const std::string& data, DesiredStore& store, const Hooks& hooks)
    : volume_files_("volume", data + "/volumes", hooks.files),
      snapshot_files_("snapshot", data + "/volumes", hooks.files),
      upload_files_(data + "/agent/uploads", data + "/volumes", {hooks.files, hooks.send, hooks.arrived}),
      volumes_("volume", store,
               [&] {
                 auto w = work(volume_files_, hooks);
                 w.in_use = hooks.in_use;
                 return w;
               }(),
               kThreads),
      snapshots_("snapshot", store, work(snapshot_files_, hooks), kThreads),
      uploads_("upload", store, work(upload_files_, hooks), kUploadThreads) {}

void VolumeKeepers::start() {
  volumes_.start();
  snapshots_.start();
  uploads_.start();
}

void VolumeKeepers::stop() {
  volumes_.stop();
  snapshots_.stop();
  uploads_.stop();
}

bool VolumeKeepers::wake(const std::string& kind, const std::string& id) {
  if (kind == "volume") volumes_.wake(id);
  if (kind == "snapshot") snapshots_.wake(id);
  if (kind == "upload") uploads_.wake(id);
  return kind == "volume" || kind == "snapshot" || kind == "upload";
}

void VolumeKeepers::sweep(TimeUs now, TimeUs grace_us) {
  volumes_.sweep(now, grace_us);
  snapshots_.sweep(now, grace_us);
  uploads_.sweep(now, grace_us);
}

}  // namespace nuri::compute::agent
