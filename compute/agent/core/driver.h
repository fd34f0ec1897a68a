#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compute/agent/core/spec.h"
#include "services/base/json.h"

namespace nuri::compute::agent {

enum class Power { none, running, paused, suspended, stopped, crashed };
const char* power_name(Power p);

// A domain of ours that exists on the host now; one that is shut off does not exist.
struct Domain {
  std::string id;  // the server's
  Power power = Power::running;
  std::set<std::string> ports;    // port ids plugged in
  std::set<std::string> volumes;  // attachment ids plugged in
};

// Where a server's files lie. They are the driver's to make and to remove.
struct ServerFiles {
  std::string directory;
  std::string disk() const { return directory + "/disk.qcow2"; }
  std::string config_drive() const { return directory + "/config.iso"; }
  std::string console() const { return directory + "/console.log"; }
  std::string record() const { return directory + "/agent.json"; }
  std::string memory() const { return directory + "/memory.save"; }  // of a suspended guest
  std::string rescue() const { return directory + "/rescue.qcow2"; }
  std::string kept(int64_t n) const { return directory + "/disk-" + std::to_string(n) + ".qcow2"; }
  std::string copy() const { return directory + "/snapshot.qcow2"; }
  std::string flat() const { return directory + "/snapshot-flat.qcow2"; }
};

// The image in this host's cache, checked.
struct BaseImage {
  std::string path, format;
  int64_t virtual_size = 0;
};

struct HostInfo {
  std::string hypervisor_type, hypervisor_version, arch = "x86_64";
  int64_t vcpus = 0, memory_mib = 0, memory_used_mib = 0;
};

struct DriverEvent {
  enum class Kind { changed, guest_off, crashed } kind = Kind::changed;
  std::string id;  // empty: look at everything (the connection was made anew)
};

// Whom a driver tells; may be taken away at any time, after which nobody is called.
class EventSink {
 public:
  void set(std::function<void(const DriverEvent&)> f) {
    std::lock_guard lock(mutex_);
    f_ = std::move(f);
  }
  void tell(const DriverEvent& event) {
    std::lock_guard lock(mutex_);
    if (f_) f_(event);
  }

 private:
  std::mutex mutex_;
  std::function<void(const DriverEvent&)> f_;
};

// A hypervisor. Everything is idempotent: doing again what is done already succeeds, so that an
// agent that died midway just goes on. Thread-safe; one call at a time for the same server.
// Errors: unprocessable where the spec can never work; anything else is worth another try.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual std::string name() const = 0;
  virtual bool uses_images() const = 0;
  virtual Result<HostInfo> host() = 0;
  // Only domains that carry our mark; whatever else runs on the host is none of our business.
  virtual Result<std::vector<Domain>> list() = 0;
  virtual Result<std::optional<Domain>> inspect(const std::string& id) = 0;

  // The root disk: a copy-on-write clone of `base` (none: no root disk). Kept where it is there.
  virtual Status prepare(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>& base) = 0;
  virtual bool prepared(const ServerSpec& spec, const ServerFiles& files) = 0;
  // Running with all of the spec's ports and volumes: as it was suspended where its memory is there,
  // on a clone of `rescue` where that is given, else from its own disk.
  virtual Status start(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>& base,
                       const std::optional<BaseImage>& rescue) = 0;
  // The disk of a server that is off gets the flavor's size; one that is larger stays so.
  virtual Status grow(const ServerSpec& spec, const ServerFiles& files) = 0;
  // A disk's copy as one file that stands alone, qcow2.
  virtual Status flatten(const std::string& copy, const std::string& to) = 0;
  virtual Status shutdown(const std::string& id) = 0;  // asks the guest; the end comes as an event
  virtual Status destroy(const std::string& id) = 0;   // pulls the plug
  virtual Status pause(const std::string& id) = 0;
  virtual Status resume(const std::string& id) = 0;  // from a pause
  // Memory into a file and the guest gone. Nothing where it does not run.
  virtual Status suspend(const std::string& id, const ServerFiles& files) = 0;
  virtual bool suspended(const ServerFiles& files) = 0;  // asked of one that does not run
  virtual Status remove(const std::string& id, const ServerFiles& files) = 0;  // files too

  virtual Status plug_port(const std::string& id, const PortSpec& port) = 0;
  virtual Status plug_volume(const std::string& id, const VolumeSpec& volume) = 0;
  // Asked of the guest, which may take its time: gone when inspect() no longer lists it.
  virtual Status unplug_port(const std::string& id, const std::string& port_id) = 0;
  virtual Status unplug_volume(const std::string& id, const std::string& attachment_id) = 0;

  // A volume that the running guest has, by its file: the guest sees it grow.
  virtual Status grow_volume(const std::string& id, const std::string& path, int64_t bytes) {
    (void)id, (void)path, (void)bytes;
    return Error(ErrorCode::unprocessable, "This host's hypervisor cannot grow a volume that is in use.");
  }

  virtual Result<Json> diagnostics(const std::string& id) = 0;
  // Set before the first call; an empty one takes it back, waiting for a call under way. It must
  // not call the driver.
  virtual void on_event(std::function<void(const DriverEvent&)> f) = 0;
};

}  // namespace nuri::compute::agent
