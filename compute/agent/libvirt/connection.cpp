#include "compute/agent/libvirt/connection.h"

#include <libvirt/virterror.h>

#include "compute/agent/libvirt/domain_xml.h"
#include "services/base/log.h"
#include "services/base/random.h"

namespace nuri::compute::agent::libvirt {

namespace {
constexpr unsigned kPoolThreads = 8;
constexpr int kKeepaliveSeconds = 5;
constexpr unsigned kKeepaliveCount = 3;

// One event loop for the process, as libvirt wants it: started before the first connection and
// never stopped.
void start_event_loop() {
  static std::once_flag once;
  std::call_once(once, [] {
    virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});  // not to stderr: we report them ourselves
    virEventRegisterDefaultImpl();
    std::thread([] {
      while (true) {
        if (virEventRunDefaultImpl() < 0) log::error("libvirt's event loop failed");
      }
    }).detach();
  });
}

// The server's id where the domain is named as ours are; "" otherwise.
std::string server_id_of(virDomainPtr d) {
  char uuid[VIR_UUID_STRING_BUFLEN];
  const char* name = virDomainGetName(d);
  if (!name || virDomainGetUUIDString(d, uuid) != 0 || name != domain_name(uuid)) return {};
  return uuid;
}
}  // namespace

Error last_error(const std::string& doing) {
  virErrorPtr e = virGetLastError();
  std::string why = e && e->message ? e->message : "unknown error";
  ErrorCode code = ErrorCode::internal;
  if (e && e->code == VIR_ERR_NO_DOMAIN) code = ErrorCode::not_found;
  if (e && (e->code == VIR_ERR_XML_ERROR || e->code == VIR_ERR_CONFIG_UNSUPPORTED)) code = ErrorCode::unprocessable;
  if (e && (e->code == VIR_ERR_NO_CONNECT || e->code == VIR_ERR_RPC || e->code == VIR_ERR_SYSTEM_ERROR)) {
    code = ErrorCode::unavailable;
  }
  return Error(code, doing + ": " + why);
}

Connection::Connection(std::string uri, Callbacks callbacks) : inner_(std::make_shared<Inner>()), pool_(kPoolThreads) {
  inner_->uri = std::move(uri);
  inner_->callbacks = std::move(callbacks);
  start_event_loop();
}

Connection::~Connection() {
  std::lock_guard lock(inner_->mutex);
  inner_->closed = true;
  inner_->held.reset();
}

Result<Connection::Held> Connection::Inner::acquire() {
  std::lock_guard lock(mutex);
  if (closed) return unavailable("The agent is stopping.");
  if (held && virConnectIsAlive(held.get()) == 1) return held;
  held.reset();
  auto fresh = TRY(connect());
  held = fresh;
  bool again = had_one;
  had_one = true;
  log::info("connected to libvirt", {{"uri", uri}});
  // Events of the time between are lost: look at everything.
  if (again) callbacks.event({});
  return held;
}

Result<Connection::Held> Connection::Inner::connect() {
  virConnectPtr c = virConnectOpen(uri.c_str());
  if (!c) {
    Error e = last_error("connect to libvirt at " + uri);
    e.code = ErrorCode::unavailable;
    return e;
  }
  Held fresh(c, [](virConnectPtr p) { virConnectClose(p); });
  virConnectSetKeepAlive(c, kKeepaliveSeconds, kKeepaliveCount);
  auto opaque = [&]() -> void* { return new std::weak_ptr<Inner>(weak_from_this()); };
  auto free_opaque = [](void* p) { delete static_cast<std::weak_ptr<Inner>*>(p); };
  virConnectDomainEventRegisterAny(c, nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                   VIR_DOMAIN_EVENT_CALLBACK(&Connection::on_lifecycle), opaque(), free_opaque);
  for (int id : {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED}) {
    virConnectDomainEventRegisterAny(c, nullptr, id, VIR_DOMAIN_EVENT_CALLBACK(&Connection::on_device), opaque(), free_opaque);
  }
  return fresh;
}

int Connection::on_lifecycle(virConnectPtr, virDomainPtr d, int event, int detail, void* opaque) {
  auto inner = static_cast<std::weak_ptr<Inner>*>(opaque)->lock();
  std::string id = server_id_of(d);
  if (!inner || id.empty()) return 0;
  DriverEvent out;
  out.id = id;
  if (event == VIR_DOMAIN_EVENT_STOPPED && detail == VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN) out.kind = DriverEvent::Kind::guest_off;
  if (event == VIR_DOMAIN_EVENT_CRASHED || (event == VIR_DOMAIN_EVENT_STOPPED && detail == VIR_DOMAIN_EVENT_STOPPED_CRASHED)) {
    out.kind = DriverEvent::Kind::crashed;
  }
  inner->callbacks.devices(id);
  inner->callbacks.event(out);
  return 0;
}

void Connection::on_device(virConnectPtr, virDomainPtr d, const char*, void* opaque) {
  auto inner = static_cast<std::weak_ptr<Inner>*>(opaque)->lock();
  std::string id = server_id_of(d);
  if (!inner || id.empty()) return;
  inner->callbacks.devices(id);
  inner->callbacks.event({DriverEvent::Kind::changed, id});
}

}  // namespace nuri::compute::agent::libvirt
