#include "network/agent/namespaces.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "services/base/net.h"
#include "services/base/process.h"

namespace nuri::network::agent {

namespace {
constexpr const char* kFolder = "/run/netns/";
constexpr const char* kInside = "md0";
constexpr const char* kMetadataAddress = "169.254.169.254";

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

Result<int> listen_here() {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return internal(std::string("socket: ") + std::strerror(errno));
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  inet_pton(AF_INET, kMetadataAddress, &address.sin_addr);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(fd, 64) == 0) return fd;
  int saved = errno;
  close(fd);
  return internal(std::string("listen on the metadata address: ") + std::strerror(saved));
}
}  // namespace

bool Namespaces::present(const std::string& tag) const {
  return exists(kFolder + ns(tag)) && exists("/sys/class/net/" + link(tag));
}

std::set<std::string> Namespaces::list() const {
  std::set<std::string> out;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder, ec)) {
    std::string name = entry.path().filename();
    if (name.starts_with(names_.ns)) out.insert(name.substr(names_.ns.size()));
  }
  return out;
}

Status Namespaces::ensure(const MetadataNetwork& network) {
  std::string tag = tag_of(network.network_id), name = ns(tag), veth = link(tag);
  std::string mtu = std::to_string(network.mtu);
  if (!exists(kFolder + name)) TRYV(run_checked({"ip", "netns", "add", name}));
  if (!exists("/sys/class/net/" + veth)) {
    TRYV(run_checked({"ip", "link", "add", veth, "mtu", mtu, "type", "veth", "peer", "name", kInside, "mtu", mtu, "netns", name}));
  }
  // Addresses were checked to be such when they were read: nothing of a user gets into these lines.
  std::string lines = "link set lo up\n";
  lines += std::string("link set ") + kInside + " address " + network.port.mac + " mtu " + mtu + "\n";
  lines += std::string("link set ") + kInside + " up\n";
  lines += std::string("addr flush dev ") + kInside + " scope global\n";
  for (const auto& a : network.port.addresses) {
    auto cidr = Cidr::parse(a);
    if (!cidr) continue;
    lines += "addr add " + cidr->base.str() + "/" + std::to_string(cidr->prefix) + " dev " + kInside + (cidr->base.v4 ? "\n" : " nodad\n");
  }
  lines += std::string("addr add ") + kMetadataAddress + "/32 dev " + kInside + "\n";
  TRYV(run_checked({"ip", "-n", name, "-batch", "-"}, 10'000, lines));
  TRYV(run_checked({"ip", "link", "set", veth, "up"}));
  TRYV(run_checked({ovs_vsctl_, "--timeout=10", "--may-exist", "add-port", bridge_, veth, "--", "set", "Interface", veth,
                    "external_ids:iface-id=" + network.port.name}));
  return {};
}

Status Namespaces::remove(const std::string& tag) {
  TRYV(run_checked({ovs_vsctl_, "--timeout=10", "--if-exists", "del-port", bridge_, link(tag)}));
  if (exists("/sys/class/net/" + link(tag))) TRYV(run_checked({"ip", "link", "del", link(tag)}));
  if (exists(kFolder + ns(tag))) TRYV(run_checked({"ip", "netns", "del", ns(tag)}));
  return {};
}

// A namespace belongs to a thread: one that lives only as long as this enters it.
Result<int> Namespaces::listen(const std::string& tag) const {
  Result<int> result(internal("not tried"));
  std::thread([&] {
    int fd = open((kFolder + ns(tag)).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) {
      result = internal("enter namespace " + ns(tag) + ": " + std::strerror(errno));
    } else {
      result = listen_here();
    }
    if (fd >= 0) close(fd);
  }).join();
  return result;
}

}  // namespace nuri::network::agent
