#pragma once

#include <libvirt/libvirt.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "compute/agent/core/driver.h"
#include "compute/agent/libvirt/call_pool.h"
#include "services/base/result.h"

namespace nuri::compute::agent::libvirt {

// The calling thread's last libvirt error.
Error last_error(const std::string& doing);

struct DomainFree {
  void operator()(virDomainPtr d) const { virDomainFree(d); }
};
using DomainHandle = std::unique_ptr<virDomain, DomainFree>;

// One connection shared by all calls, made anew when libvirtd went away (guests run on meanwhile).
class Connection {
 public:
  struct Callbacks {
    std::function<void(const DriverEvent&)> event;        // on the event thread: must not call libvirt
    std::function<void(const std::string& id)> devices;   // a domain's devices are others now
  };
  Connection(std::string uri, Callbacks callbacks);
  ~Connection();

  // f(virConnectPtr) -> Result<T>, on the pool; see CallPool::run for what it may use.
  template <class F>
  auto run(unsigned timeout_ms, F f) -> decltype(f(virConnectPtr())) {
    using R = decltype(f(virConnectPtr()));
    auto inner = inner_;
    return pool_.run(timeout_ms, [inner, f = std::move(f)]() mutable -> R {
      auto held = inner->acquire();
      if (!held) return R(held.error());
      return f(held->get());
    });
  }

 private:
  using Held = std::shared_ptr<virConnect>;
  // Outlives the Connection where a call hangs.
  struct Inner : std::enable_shared_from_this<Inner> {
    Result<Held> acquire();
    Result<Held> connect();
    std::string uri;
    Callbacks callbacks;
    std::mutex mutex;
    Held held;
    bool had_one = false, closed = false;
  };
  static int on_lifecycle(virConnectPtr, virDomainPtr d, int event, int detail, void* opaque);
  static void on_device(virConnectPtr, virDomainPtr d, const char* alias, void* opaque);

  std::shared_ptr<Inner> inner_;
  CallPool pool_;
};

}  // namespace nuri::compute::agent::libvirt
