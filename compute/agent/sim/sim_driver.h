#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "compute/agent/core/driver.h"

namespace nuri::compute::agent::sim {

struct SimOptions {
  std::string state_file;     // domains live here: an agent that restarts finds its guests running
  unsigned start_ms = 0;      // how long a start takes
  unsigned shutdown_ms = 0;   // how long a guest takes to go down when asked
  bool stubborn_guests = false;  // guests ignore a shutdown
  HostInfo host{"QEMU", "7.2.0", "x86_64", 16, 65536, 1024};
};

// A host without a hypervisor: domains are entries in memory and in a file.
class SimDriver final : public Driver {
 public:
  explicit SimDriver(SimOptions options);
  ~SimDriver() override;
  std::string name() const override { return "sim"; }
  bool uses_images() const override { return false; }
  Result<HostInfo> host() override;
  Result<std::vector<Domain>> list() override;
  Result<std::optional<Domain>> inspect(const std::string& id) override;
  Status prepare(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>& base) override;
  bool prepared(const ServerSpec& spec, const ServerFiles& files) override;
  Status start(const ServerSpec& spec, const ServerFiles& files, const std::optional<BaseImage>& base,
               const std::optional<BaseImage>& rescue) override;
  Status grow(const ServerSpec& spec, const ServerFiles& files) override;
  Status flatten(const std::string& copy, const std::string& to) override;
  Status shutdown(const std::string& id) override;
  Status destroy(const std::string& id) override;
  Status pause(const std::string& id) override;
  Status resume(const std::string& id) override;
  Status suspend(const std::string& id, const ServerFiles& files) override;
  bool suspended(const ServerFiles& files) override;
  Status remove(const std::string& id, const ServerFiles& files) override;
  Status plug_port(const std::string& id, const PortSpec& port) override;
  Status plug_volume(const std::string& id, const VolumeSpec& volume) override;
  Status unplug_port(const std::string& id, const std::string& port_id) override;
  Status unplug_volume(const std::string& id, const std::string& attachment_id) override;
  Result<Json> diagnostics(const std::string& id) override;
  void on_event(std::function<void(const DriverEvent&)> f) override { events_.set(std::move(f)); }

  // Faults: the next `times` calls of this operation ("start", "prepare", "list"...) fail.
  void fail_next(const std::string& operation, unsigned times, Error error);
  // What a guest or the world may do on its own.
  void guest_powers_off(const std::string& id);
  // The event of an end that was seen already: a hypervisor's events come when they come.
  void tell_late_power_off(const std::string& id) { events_.tell({DriverEvent::Kind::guest_off, id}); }
  void crash(const std::string& id);
  void set_power(const std::string& id, Power power);

 private:
  struct Later {
    std::chrono::steady_clock::time_point at;
    std::string id;
  };
  Status fault(const std::string& operation);
  void load();
  void save();  // mutex_ held
  Status change(const std::string& operation, const std::string& id, const std::function<void(Domain&)>& f);
  void vanish(const std::string& id, DriverEvent::Kind kind);
  void loop();

  SimOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Domain> domains_;
  std::map<std::string, std::deque<Error>> faults_;
  std::deque<Later> going_down_;
  EventSink events_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace nuri::compute::agent::sim
