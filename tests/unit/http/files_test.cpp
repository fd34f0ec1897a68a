#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "services/base/config.h"
#include "services/http/client.h"
#include "tests/unit/http/serve.h"

namespace nuri::test {
namespace {

using http::BodyPlan;
using http::ClientRequest;
using http::ServerOptions;

BodyPlan spooled(const Request&) { return {Body::spool, 1ull << 30}; }

std::string pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u) >> 13);
  return text;
}

std::unique_ptr<http::Client> client_of(uint16_t port) {
  auto client = http::Client::create({.base_url = "http://127.0.0.1:" + std::to_string(port)});
  EXPECT_TRUE(client.ok());
  return std::move(*client);
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Files, ALargeBodyGoesToAFileAndNotToMemory) {
  const TempDir spool, mine;
  constexpr uint64_t kSize = 300ull << 20;
  {
    std::ofstream(mine.file("large")) << "start";
    std::filesystem::resize_file(mine.file("large"), kSize);
  }
  ServerOptions options;
  options.spool_dir = spool.path();
  size_t peak = 0;
  Running server(make_server(
      options,
      [&](Request&& r) {
        peak = resident_bytes();
        const uint64_t size = std::filesystem::file_size(r.body_file->path());
        return Response::text(201, std::to_string(size) + ' ' + std::to_string(r.body_size) + ' ' +
                                       std::to_string(r.body.size()));
      },
      spooled));
  const size_t before = resident_bytes();
  ClientRequest put;
  put.method = "PUT";
  put.target = "/file";
  put.upload_file = mine.file("large");
  const auto answer = client_of(server.port())->send(put);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "314572800 314572800 0");
  EXPECT_LT(peak, before + (24u << 20));
  server.stop();
  EXPECT_EQ(files_in(spool.path()), 0u);  // nobody took the file, so it is gone
}

TEST(Files, AHandlerMayKeepTheSpooledFile) {
  const TempDir spool;
  ServerOptions options;
  options.spool_dir = spool.path();
  const std::string target = spool.file("kept");
  Running server(make_server(
      options,
      [&](Request&& r) {
        std::filesystem::rename(r.body_file->release(), target);
        return Response::empty(204);
      },
      spooled));
  Peer peer(server.port());
  const std::string body = pattern(700'001);
  peer.send("PUT /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (size_t at = 0; at < body.size(); at += 100'000) {
    const std::string piece = body.substr(at, 100'000);
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    peer.send(size + piece + "\r\n");
  }
  peer.send("0\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 204);
  EXPECT_EQ(slurp(target), body);
}

TEST(Files, AnUploadWithoutATokenIsRefusedBeforeItsBodyIsKept) {
  const TempDir spool;
  ServerOptions options;
  options.spool_dir = spool.path();
  Router router{Router::Options{glance_error, {}, nullptr, ""}};
  bool called = false;
  router.add({"PUT", "/file", Access::member, [&](const Request&, Context&) -> Result<Response> {
                called = true;
                return Response::empty(204);
              }, Body::spool, 1ull << 30});
  auto made = http::Server::create(options, router);
  ASSERT_TRUE(made.ok());
  Running server(std::move(*made));
  Peer peer(server.port());
  peer.send("PUT /file HTTP/1.1\r\nHost: h\r\nContent-Length: 500000000\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 401);
  EXPECT_EQ(files_in(spool.path()), 0u);
  EXPECT_FALSE(called);
}

TEST(Files, ABrokenOffUploadLeavesNothing) {
  const TempDir spool;
  ServerOptions options;
  options.spool_dir = spool.path();
  Running server(make_server(options, echo, spooled));
  {
    Peer peer(server.port());
    peer.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n" +
              std::string(1'000'000, 'x'));
    for (int i = 0; i < 500 && files_in(spool.path()) == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(files_in(spool.path()), 1u);
  }
  for (int i = 0; i < 500 && files_in(spool.path()) > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(files_in(spool.path()), 0u);
}

TEST(Files, ASpoolThatCannotBeWrittenIsA503) {
  ServerOptions options;
  options.spool_dir = "/nonexistent";
  Running server(make_server(options, echo, spooled));
  Peer peer(server.port());
  peer.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(status_of(peer.answer()), 503);
}

TEST(Files, RangesOfAFileAreSent) {
  const TempDir dir;
  const std::string all = pattern(3'000'000);
  ASSERT_TRUE(write_file(dir.file("f"), all).ok());
  Running server(make_server({}, [&](Request&& r) {
    Response response;
    response.headers.set("Content-Type", "application/octet-stream");
    response.file = Response::File{dir.file("f"), std::stoull(r.query.get("from")),
                                   std::stoull(r.query.get("size")), nullptr};
    return response;
  }));
  Peer peer(server.port());
  for (const auto& [from, size] : {std::pair<size_t, size_t>{0, 3'000'000}, {1, 262'145}, {2'999'999, 1},
                                  {5, 0}}) {
    peer.send("GET /f?from=" + std::to_string(from) + "&size=" + std::to_string(size) +
              " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(body_of(peer.answer()), all.substr(from, size)) << from << ' ' << size;
  }
  peer.send("HEAD /f?from=0&size=3000000 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(peer.answer(true).find("Content-Length: 3000000\r\n"), std::string::npos);
  // A file shorter than promised: the connection is cut, never padded.
  peer.send("GET /f?from=2999990&size=20 HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string cut = peer.read_all();
  EXPECT_EQ(body_of(cut), all.substr(2'999'990));
}

TEST(Files, TheClientDownloadsIntoAFile) {
  const TempDir dir;
  const std::string all = pattern(5'000'000);
  ASSERT_TRUE(write_file(dir.file("f"), all).ok());
  Running server(make_server({}, [&](Request&& r) {
    if (r.path != "/f") return Response::text(404, "missing");
    Response response;
    response.file = Response::File{dir.file("f"), 0, all.size(), nullptr};
    return response;
  }));
  auto client = client_of(server.port());
  ClientRequest get;
  get.target = "/f";
  get.download_file = dir.file("copy");
  auto answer = client->send(get);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_TRUE(answer->body.empty());
  EXPECT_EQ(slurp(dir.file("copy")), all);
  get.target = "/other";
  get.download_file = dir.file("none");
  answer = client->send(get);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "missing");
  EXPECT_FALSE(std::filesystem::exists(dir.file("none")));
}

}  // namespace
}  // namespace nuri::test
