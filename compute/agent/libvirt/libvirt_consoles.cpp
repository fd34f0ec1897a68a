#include "compute/agent/libvirt/libvirt_consoles.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "compute/agent/libvirt/connection.h"
#include "compute/agent/libvirt/domain_xml.h"
#include "compute/agent/libvirt/xml.h"

namespace nuri::compute::agent::libvirt {

namespace {
constexpr unsigned kOpenMs = 10'000;

struct Free {
  void operator()(char* p) const { std::free(p); }
};

// The pty as a terminal that passes every byte.
Result<int> open_pty(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  termios t{};
  if (fd < 0 || ::tcgetattr(fd, &t) != 0) {
    const std::string why = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return unavailable("open " + path + ": " + why);
  }
  ::cfmakeraw(&t);
  ::tcsetattr(fd, TCSANOW, &t);
  return fd;
}

Result<int> open_serial(std::string_view xml) {
  for (const auto serial : xml::elements(xml, "serial")) {
    const auto source = xml::elements(serial, "source");
    const auto path = source.empty() ? std::nullopt : xml::attribute(source[0], "path");
    if (path && path->starts_with("/dev/pts/")) return open_pty(*path);
  }
  return conflict("This guest has no serial line.");
}

Result<int> open_screen(virDomainPtr d) {
  // Whoever gets this far holds a token of this server's; QEMU has no password to ask for.
  const int fd = virDomainOpenGraphicsFD(d, 0, VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH);
  if (fd < 0) return last_error("open the screen");
  return fd;
}

class LibvirtConsoles final : public ConsoleSource {
 public:
  LibvirtConsoles(std::string uri, std::string owner)
      : owner_(std::move(owner)),
        connection_(std::move(uri), {[](const DriverEvent&) {}, [](const std::string&) {}}) {}

  Result<int> open(const std::string& server_id, const std::string& kind) override {
    return connection_.run(kOpenMs, [=, owner = owner_](virConnectPtr c) -> Result<int> {
      const DomainHandle d(virDomainLookupByUUIDString(c, server_id.c_str()));
      if (!d) return conflict("The server is not running.");
      const std::unique_ptr<char, Free> text(virDomainGetXMLDesc(d.get(), 0));
      if (!text) return last_error("read the domain");
      if (!read_domain(text.get(), owner)) return conflict("The server is not running.");
      return kind == "vnc" ? open_screen(d.get()) : open_serial(text.get());
    });
  }

 private:
  const std::string owner_;
  Connection connection_;
};

}  // namespace

std::unique_ptr<ConsoleSource> make_consoles(std::string uri, std::string owner) {
  return std::make_unique<LibvirtConsoles>(std::move(uri), std::move(owner));
}

}  // namespace nuri::compute::agent::libvirt
