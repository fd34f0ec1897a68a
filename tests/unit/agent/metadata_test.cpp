#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network/agent/metadata_server.h"
#include "network/agent/metadata_views.h"

namespace nuri::network::agent {
namespace {

using ::testing::HasSubstr;

const std::string kId = "22222222-2222-4222-8222-222222222222", kNet = "11111111-1111-4111-8111-111111111111";

Instance instance(const std::string& id = kId, const std::string& ip = "10.0.0.5") {
  Json spec = *parse_json(R"({"id":")" + id + R"(","name":"web","project_id":"p","flavor":{"name":"m1.tiny"},
    "image":{"id":"99999999-1111-4111-8111-111111111111"},
    "ports":[{"id":"33333333-2222-4222-8222-222222222222","mac":"fa:16:3e:00:00:01","network_id":")" + kNet + R"(","mtu":1442,
      "addresses":[{"ip":")" + ip + R"(","prefix":24,"version":4,"gateway":"10.0.0.1","dns":["10.0.0.3"]}],
      "metadata_port":{"name":"md-x","mac":"fa:16:3e:00:00:02","addresses":["10.0.0.2/24"]}}],
    "metadata":{"hostname":"web.local","keys":[{"name":"mine","data":"ssh-ed25519 AAAA me"}],"meta":{"role":"db"},
      "user_data":"IyEvYmluL3NoCg==","availability_zone":"nova","launch_index":0}})");
  return instance_from(id, spec);
}

std::string body(std::string_view path) {
  auto view = metadata_view(instance(), path);
  return view ? view->body : "404";
}

TEST(MetadataViews, OpenStack) {
  Json md = *parse_json(body("/openstack/latest/meta_data.json"));
  EXPECT_EQ(md["uuid"].as_string(), kId);
  EXPECT_EQ(md["hostname"].as_string(), "web.local");
  EXPECT_EQ(md["public_keys"]["mine"].as_string(), "ssh-ed25519 AAAA me");
  EXPECT_EQ(md["meta"]["role"].as_string(), "db");
  EXPECT_EQ(body("/openstack/2018-08-27/user_data"), "#!/bin/sh\n");
  EXPECT_EQ(body("/openstack/latest/vendor_data.json"), "{}");
  EXPECT_THAT(body("/openstack"), HasSubstr("2012-08-10\n"));
  EXPECT_THAT(body("/openstack/latest/"), HasSubstr("network_data.json"));
  EXPECT_EQ(body("/openstack/1999-01-01/meta_data.json"), "404");
  EXPECT_EQ(body("/openstack/latest/../../etc/passwd"), "404");
}

TEST(MetadataViews, NetworkData) {
  Json nd = *parse_json(body("/openstack/latest/network_data.json"));
  EXPECT_EQ(nd["links"].at(0)["ethernet_mac_address"].as_string(), "fa:16:3e:00:00:01");
  const Json& net = nd["networks"].at(0);
  EXPECT_EQ(net["ip_address"].as_string(), "10.0.0.5");
  EXPECT_EQ(net["netmask"].as_string(), "255.255.255.0");
  EXPECT_EQ(net["routes"].at(0)["gateway"].as_string(), "10.0.0.1");
  EXPECT_EQ(net["routes"].at(1)["network"].as_string(), "169.254.169.254");
  EXPECT_EQ(net["routes"].at(1)["gateway"].as_string(), "10.0.0.2");
  EXPECT_EQ(nd["services"].at(0)["address"].as_string(), "10.0.0.3");
}

TEST(MetadataViews, Ec2) {
  EXPECT_THAT(body("/"), HasSubstr("2009-04-04\nlatest"));
  EXPECT_EQ(body("/latest"), "meta-data/\nuser-data");
  EXPECT_EQ(body("/latest/user-data"), "#!/bin/sh\n");
  EXPECT_THAT(body("/latest/meta-data/"), HasSubstr("placement/"));
  EXPECT_EQ(body("/latest/meta-data/local-ipv4"), "10.0.0.5");
  EXPECT_EQ(body("/2009-04-04/meta-data/instance-id"), "i-22222222");
  EXPECT_EQ(body("/latest/meta-data/public-keys/"), "0=mine");
  EXPECT_EQ(body("/latest/meta-data/public-keys/0/"), "openssh-key");
  EXPECT_EQ(body("/latest/meta-data/public-keys/0/openssh-key"), "ssh-ed25519 AAAA me");
  EXPECT_EQ(body("/latest/meta-data/placement/availability-zone"), "nova");
  EXPECT_EQ(body("/latest/meta-data/nothing"), "404");
  EXPECT_EQ(body("/latest/meta-data/hostname/deeper"), "404");
}

TEST(MetadataViews, PublicAddressIsTheFirstFloatingOne) {
  auto with = [](const std::string& first, const std::string& second) {
    Json spec = *parse_json(R"({"name":"web","ports":[{"id":"a","floating":)" + first +
                            R"(,"addresses":[{"ip":"10.0.0.5"}]},{"id":"b","floating":)" + second + "}]}");
    auto view = metadata_view(instance_from(kId, spec), "/latest/meta-data/public-ipv4");
    return view ? view->body : "404";
  };
  EXPECT_EQ(with(R"(["172.24.4.10","172.24.4.11"])", R"(["172.24.4.12"])"), "172.24.4.10");
  EXPECT_EQ(with("[]", R"(["172.24.4.12"])"), "172.24.4.12");
  EXPECT_EQ(with(R"(["nonsense"])", "[]"), "");
  EXPECT_EQ(body("/latest/meta-data/public-ipv4"), "");
  EXPECT_THAT(body("/latest/meta-data/"), HasSubstr("public-ipv4"));
}

TEST(MetadataViews, ConfigDrive) {
  auto files = config_drive_files(instance());
  auto content = [&](const std::string& path) {
    for (auto& [p, c] : files) {
      if (p == path) return c;
    }
    return std::string("none");
  };
  EXPECT_EQ((*parse_json(content("openstack/latest/meta_data.json")))["name"].as_string(), "web");
  EXPECT_EQ(content("openstack/latest/user_data"), "#!/bin/sh\n");
  EXPECT_EQ((*parse_json(content("ec2/latest/meta-data.json")))["local-ipv4"].as_string(), "10.0.0.5");
}

std::string ask(const MetadataBook& book, const std::string& network, const std::string& peer, const std::string& request) {
  bool keep = false;
  return metadata_answer(book, network, peer, request, keep);
}

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

TEST(MetadataAnswer, OnlyToWhomItBelongs) {
  MetadataBook book;
  book.set({instance(), instance("44444444-2222-4222-8222-222222222222", "10.0.0.6")});
  const std::string get = "GET /openstack/latest/meta_data.json HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.0.0.6\r\n";
  EXPECT_THAT(ask(book, kNet, "10.0.0.5", get), HasSubstr(kId));
  EXPECT_THAT(ask(book, kNet, "10.0.0.6", get), HasSubstr("44444444-"));
  EXPECT_THAT(ask(book, kNet, "10.0.0.7", get), HasSubstr("HTTP/1.1 404"));
  EXPECT_THAT(ask(book, kId, "10.0.0.5", get), HasSubstr("HTTP/1.1 404"));  // another network
  book.set({instance(), instance("44444444-2222-4222-8222-222222222222")});
  EXPECT_THAT(ask(book, kNet, "10.0.0.5", get), HasSubstr("HTTP/1.1 404"));  // two claim one address
}

TEST(MetadataAnswer, BadRequests) {
  MetadataBook book;
  book.set({instance()});
  auto status = [&](const std::string& request) { return ask(book, kNet, "10.0.0.5", request).substr(9, 3); };
  EXPECT_EQ(status("POST /latest/meta-data/ HTTP/1.1\r\n"), "405");
  EXPECT_EQ(status("nonsense\r\n"), "400");
  EXPECT_EQ(status("GET  HTTP/1.1\r\n"), "400");
  EXPECT_EQ(status("GET / HTTP/9\r\n"), "400");
  EXPECT_EQ(status("GET latest HTTP/1.1\r\n"), "400");
  EXPECT_EQ(status("GET http://169.254.169.254/latest HTTP/1.1\r\n"), "200");
  std::string head = ask(book, kNet, "10.0.0.5", "HEAD /latest HTTP/1.1\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 20\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(MetadataPassword, IsTakenOnceAndTold) {
  MetadataBook book;
  book.set({instance()});
  std::vector<std::pair<std::string, std::string>> told;
  PasswordSink sink = [&](const std::string& id, const std::string& text) { told.emplace_back(id, text); };
  auto post = [&](const std::string& path, const std::string& text, const std::string& peer = "10.0.0.5") {
    std::string header = "POST " + path + " HTTP/1.1\r\nContent-Length: " + std::to_string(text.size()) + "\r\n";
    return metadata_post_answer(book, sink, kNet, peer, header, text).substr(9, 3);
  };
  const std::string path = "/openstack/latest/password";
  EXPECT_EQ(post(path, ""), "400");
  EXPECT_EQ(post(path, std::string(4097, 'a')), "400");
  EXPECT_EQ(post(path, "a\x01z"), "400");
  EXPECT_EQ(post("/openstack/latest/meta_data.json", "x"), "404");
  EXPECT_EQ(post("/openstack/1999-01-01/password", "x"), "404");
  EXPECT_EQ(post(path, "x", "10.0.0.99"), "404") << "nobody's address";
  EXPECT_EQ(body_of(ask(book, kNet, "10.0.0.5", "GET " + path + " HTTP/1.1\r\n")), "");
  EXPECT_TRUE(told.empty());
  std::string longest(4096, 'b');
  EXPECT_EQ(post(path, longest), "200");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0], std::pair(std::string(kId), longest));
  EXPECT_EQ(post(path, "again"), "409");
  EXPECT_EQ(body_of(ask(book, kNet, "10.0.0.5", "GET " + path + " HTTP/1.1\r\n")), longest);
  // Cleared by its user, once the service has said that it had it.
  auto now = instance();
  now.password_set = false;
  book.set({now});
  EXPECT_EQ(post(path, "again"), "409") << "the service has not heard of it yet";
  now.password_set = true;
  book.set({now});
  now.password_set = false;
  book.set({now});
  EXPECT_EQ(post(path, "second"), "200");
  EXPECT_EQ(told.size(), 2u);
  // An agent that was restarted learns from the service that there is one.
  MetadataBook fresh;
  now.password_set = true;
  fresh.set({now});
  EXPECT_FALSE(fresh.take_password(now, "third"));
}

struct Socket : ::testing::Test {
  Socket() {
    book.set({instance(kId, "127.0.0.1")});
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in any = {};
    any.sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.1", &any.sin_addr);
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    EXPECT_EQ(listen(fd, 16), 0);
    socklen_t length = sizeof address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    server.add(kNet, fd);
  }
  int dial() {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    timeval limit = {5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  std::string until_closed(int fd) {
    std::string out;
    char buffer[4096];
    ssize_t n;
    while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0) out.append(buffer, size_t(n));
    EXPECT_EQ(n, 0) << "the server keeps the connection";
    close(fd);
    return out;
  }
  void say(int fd, const std::string& text) { EXPECT_EQ(send(fd, text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size())); }
  sockaddr_in address = {};
  MetadataBook book;
  MetadataServer server{book};
};

TEST_F(Socket, ServesPipelinedAndSplitRequests) {
  int fd = dial();
  say(fd, "GET /latest/meta-data/local-ipv4 HTTP/1.1\r\nHost: x\r\n\r\nGET /latest/meta-da");
  say(fd, "ta/hostname HTTP/1.1\r\nConnection: close\r\n\r\n");
  std::string out = until_closed(fd);
  EXPECT_THAT(out, HasSubstr("\r\n\r\n127.0.0.1HTTP/1.1 200 OK"));
  EXPECT_TRUE(out.ends_with("web.local"));
}

TEST_F(Socket, TakesAPasswordThatComesInPieces) {
  int fd = dial();
  say(fd, "POST /openstack/2013-04-04/password HTTP/1.1\r\nContent-Length: 6\r\n\r\nsec");
  say(fd, "ret");
  EXPECT_THAT(until_closed(fd), HasSubstr("HTTP/1.1 200 OK"));
  fd = dial();
  say(fd, "POST /openstack/latest/password HTTP/1.1\r\nContent-Length: 6\r\n\r\nsecond");
  EXPECT_THAT(until_closed(fd), HasSubstr("HTTP/1.1 409"));
  fd = dial();
  say(fd, "POST /openstack/latest/password HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_THAT(until_closed(fd), HasSubstr("HTTP/1.1 400"));
  fd = dial();
  say(fd, "POST /openstack/latest/password HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n");
  EXPECT_THAT(until_closed(fd), HasSubstr("HTTP/1.1 400"));
}

TEST_F(Socket, RefusesEndlessHeaders) {
  int fd = dial();
  std::string start = "GET / HTTP/1.1\r\nX: ";
  say(fd, start + std::string(8192 - start.size(), 'a'));  // not a byte more: unread ones would reset the connection
  EXPECT_THAT(until_closed(fd), HasSubstr("HTTP/1.1 431"));
}

TEST_F(Socket, OneGuestCannotTakeAllConnections) {
  std::vector<int> held;
  for (int i = 0; i < 8; ++i) held.push_back(dial());
  int one_more = dial();
  char byte;
  EXPECT_EQ(recv(one_more, &byte, 1, 0), 0);
  close(one_more);
  say(held[0], "GET /latest HTTP/1.0\r\n\r\n");
  EXPECT_THAT(until_closed(held[0]), HasSubstr("200 OK"));
  for (size_t i = 1; i < held.size(); ++i) close(held[i]);
}

TEST_F(Socket, RemovedNetworkClosesItsConnections) {
  int fd = dial();
  say(fd, "GET /latest HTTP/1.1\r\n\r\n");
  char buffer[512];
  EXPECT_GT(recv(fd, buffer, sizeof buffer, 0), 0);
  server.remove(kNet);
  EXPECT_EQ(recv(fd, buffer, sizeof buffer, 0), 0);
  close(fd);
}

}  // namespace
}  // namespace nuri::network::agent
