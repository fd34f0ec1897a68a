// The metadata service in real namespaces on the real br-int, under names of its own.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "network/agent/metadata_agent.h"
#include "services/base/process.h"
#include "services/base/random.h"

namespace nuri::network::agent {
namespace {

using ::testing::HasSubstr;

std::string ovs_vsctl() {
  for (const char* path : {"/opt/nuri/bin/ovs-vsctl", "/usr/bin/ovs-vsctl"}) {
    if (access(path, X_OK) == 0 && run_checked({path, "--timeout=5", "br-exists", "br-int"})) return path;
  }
  return "";
}

// What somebody inside the namespace, with the metadata port's own address, gets.
std::string get_inside(const std::string& ns, const std::string& path) {
  std::string out;
  std::thread([&] {
    int fd = open(("/run/netns/" + ns).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) return;
    close(fd);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in from = {}, to = {};
    from.sin_family = to.sin_family = AF_INET;
    to.sin_port = htons(80);
    inet_pton(AF_INET, "10.99.0.2", &from.sin_addr);
    inet_pton(AF_INET, "169.254.169.254", &to.sin_addr);
    if (bind(s, reinterpret_cast<sockaddr*>(&from), sizeof from) == 0 && connect(s, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
      std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
      char buffer[4096];
      ssize_t n = send(s, request.data(), request.size(), MSG_NOSIGNAL);
      while (n > 0 && (n = recv(s, buffer, sizeof buffer, 0)) > 0) out.append(buffer, size_t(n));
    }
    close(s);
  }).join();
  return out;
}

std::vector<Instance> instances(const std::string& network) {
  Instance i;
  i.id = "22222222-2222-4222-8222-222222222222";
  i.hostname = "inside";
  InstancePort port;
  port.network_id = network;
  port.addresses.push_back({"10.99.0.2", 24, 4, "", {}});
  port.metadata = {"md-" + network, "fa:16:3e:99:00:02", {"10.99.0.2/24"}};
  i.ports.push_back(port);
  return {i};
}

bool eventually(const std::function<bool()>& f) {
  for (int n = 0; n < 200; ++n) {
    if (f()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  return false;
}

TEST(MetadataNamespaces, ServedOverRestartsAndRemovedWithTheLastServer) {
  MetadataAgent::Options options;
  options.ovs_vsctl = ovs_vsctl();
  if (geteuid() != 0 || options.ovs_vsctl.empty()) GTEST_SKIP() << "no Open vSwitch with br-int (deploy/engines up starts one)";
  SystemRandom random;
  options.names = {"nuri-mt" + random.hex(2) + "-", "nmt" + random.hex(1)};
  options.tick_ms = 50;
  std::string network = random.uuid(), tag = Namespaces::tag_of(network), ns = options.names.ns + tag, link = options.names.link + tag;
  auto served = [&] { return get_inside(ns, "/latest/meta-data/hostname").find("\r\n\r\ninside") != std::string::npos; };
  {
    MetadataAgent agent(options);
    agent.update(instances(network), false);
    EXPECT_TRUE(eventually(served));
    auto id = run_checked({options.ovs_vsctl, "get", "Interface", link, "external_ids:iface-id"});
    EXPECT_THAT(id.value_or("none"), HasSubstr("md-" + network));
    // Somebody takes the link away: it comes back, with a listener.
    EXPECT_TRUE(run_checked({"ip", "link", "del", link}));
    EXPECT_TRUE(eventually([&] { return access(("/sys/class/net/" + link).c_str(), F_OK) == 0 && served(); }));
  }
  EXPECT_EQ(access(("/run/netns/" + ns).c_str(), F_OK), 0) << "it outlives the agent";
  MetadataAgent agent(options);
  agent.update(instances(network), true);
  EXPECT_TRUE(eventually(served));
  auto more = instances(network);
  more[0].ports[0].metadata.addresses.push_back("10.98.0.2/24");
  agent.update(more, true);
  EXPECT_TRUE(eventually([&] { return run_checked({"ip", "-n", ns, "addr"}).value_or("").find("10.98.0.2/24") != std::string::npos && served(); }));
  agent.update({}, true);
  EXPECT_TRUE(eventually([&] { return access(("/run/netns/" + ns).c_str(), F_OK) != 0; }));
  EXPECT_NE(access(("/sys/class/net/" + link).c_str(), F_OK), 0);
  EXPECT_FALSE(run_checked({options.ovs_vsctl, "port-to-br", link}));
}

}  // namespace
}  // namespace nuri::network::agent
