// The screen and the serial line of a guest of the real libvirt.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "compute/agent/libvirt/libvirt_consoles.h"
#include "compute/agent/libvirt/libvirt_driver.h"
#include "services/base/config.h"
#include "tests/unit/agent/libvirt_support.h"
#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {
namespace {

constexpr const char* kOwner = "nuri-agent-test";  // as real_driver has it

std::string said(int fd, size_t size) {
  std::string text(size, '\0');
  timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const ssize_t n = ::recv(fd, text.data(), size, MSG_WAITALL);
  text.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return text;
}

TEST(LibvirtConsole, AScreenWithoutASocketAndASerialLine) {
  std::string why;
  auto driver = real_driver(why);
  if (!driver) GTEST_SKIP() << why;
  const char* uri = std::getenv("NURI_LIBVIRT_URI");
  auto consoles = libvirt::make_consoles(uri && *uri ? uri : libvirt::DriverOptions().uri, kOwner);
  SystemRandom random;
  const std::string id = random.uuid();
  EXPECT_FALSE(consoles->open(id, "vnc").ok()) << "there is no such guest yet";

  const TempDir dir;
  const ServerFiles files{dir / id};
  ASSERT_TRUE(make_directories(files.directory, 0755).ok());
  ServerSpec spec = parse_server(id, server_spec(id, random.uuid())).value();
  spec.image.reset();  // a guest without a disk has a screen too
  auto started = driver->start(spec, files, std::nullopt, std::nullopt);
  ASSERT_TRUE(started.ok()) << started.error().message;

  auto screen = consoles->open(id, "vnc");
  EXPECT_TRUE(screen.ok()) << screen.error().message;
  if (screen) {
    EXPECT_EQ(said(*screen, 12), "RFB 003.008\n");
    EXPECT_EQ(::write(*screen, "RFB 003.008\n", 12), 12);
    EXPECT_EQ(said(*screen, 2), "\1\1") << "one kind of security: none";
    ::close(*screen);
  }
  auto serial = consoles->open(id, "serial");
  EXPECT_TRUE(serial.ok()) << serial.error().message;
  if (serial) {
    EXPECT_TRUE(::isatty(*serial));
    ::close(*serial);
  }
  auto strangers = libvirt::make_consoles(uri && *uri ? uri : libvirt::DriverOptions().uri, "/another/cloud");
  EXPECT_FALSE(strangers->open(id, "vnc").ok()) << "another cloud's guest";
  EXPECT_TRUE(driver->destroy(id).ok());
  EXPECT_FALSE(consoles->open(id, "serial").ok());
}

}  // namespace
}  // namespace nuri::compute::agent::testing
