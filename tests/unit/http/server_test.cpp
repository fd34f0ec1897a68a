#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/unit/http/serve.h"

namespace nuri::test {
namespace {

TEST(Server, KeepsAConnectionForManyRequests) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(peer.send(kGet));
    const std::string answer = peer.answer();
    ASSERT_EQ(status_of(answer), 200) << answer;
    ASSERT_EQ(body_of(answer), "GET /a/b?x=1%202 0 ");
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  ASSERT_TRUE(peer.send(all));
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(body_of(peer.answer()), "POST /" + std::to_string(i) + "? 3 abc");
}

TEST(Server, ClosesWhenAskedTo) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(peer.answer().find("Connection: close"), std::string::npos);
  EXPECT_TRUE(peer.closed());
  Peer old(server.port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(status_of(old.answer()), 200);
  EXPECT_TRUE(old.closed());
}

TEST(Server, HeadHasTheLengthButNoBody) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  peer.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGet));
  const std::string head = peer.answer(true);
  EXPECT_NE(head.find("Content-Length: 11\r\n"), std::string::npos) << head;
  EXPECT_EQ(body_of(peer.answer()), "GET /a/b?x=1%202 0 ");
}

TEST(Server, DecodesChunkedBodies) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  peer.send("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n");
  peer.send("4\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(body_of(peer.answer()), "POST /c? 7 abcdefg");
  peer.send(kGet);
  EXPECT_EQ(status_of(peer.answer()), 200);
}

TEST(Server, ReadsARequestThatComesByteByByte) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  const std::string request =
      "POST /s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (const char c : request) ASSERT_TRUE(peer.send({&c, 1}));
  EXPECT_EQ(body_of(peer.answer()), "POST /s? 3 abc");
}

TEST(Server, SaysContinueBeforeABody) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  peer.send("POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("ok");
  EXPECT_EQ(body_of(peer.answer()), "POST /e? 2 ok");
}

TEST(Server, DoesNotSayContinueToABodyItWillRefuse) {
  Running server(make_server({}, echo));
  Peer peer(server.port());
  peer.send("POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 413);
}

TEST(Server, PassesManyHeadersAndAnAbsoluteTarget) {
  Running server(make_server({}, [](Request&& r) {
    return Response::text(200, r.path + r.headers.get("x-auth-token").substr(0, 3) + r.peer);
  }));
  Peer peer(server.port());
  peer.send("GET http://elsewhere/abs/ HTTP/1.1\r\nHost: h\r\nX-Auth-Token: " +
            std::string(20'000, 't') + "\r\n\r\n");
  EXPECT_EQ(body_of(peer.answer()), "/absttt127.0.0.1");
}

TEST(Server, AHandlersExceptionIsA500AndTheConnectionLives) {
  Running server(make_server({}, [](Request&& r) -> Response {
    if (r.path == "/throw") throw std::runtime_error("on purpose");
    return Response::empty(204);
  }));
  Peer peer(server.port());
  peer.send("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(peer.answer()), 500);
  peer.send("GET /ok HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = peer.answer();
  EXPECT_EQ(status_of(answer), 204);
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
}

TEST(Server, HeaderValuesCannotSplitTheAnswer) {
  Running server(make_server({}, [](Request&&) {
    Response r = Response::text(200, "x");
    r.headers.set("Location", "/a\r\nSet-Cookie: stolen=1");
    return r;
  }));
  Peer peer(server.port());
  peer.send(kGet);
  const std::string answer = peer.answer();
  EXPECT_NE(answer.find("Location: /a  Set-Cookie: stolen=1\r\n"), std::string::npos) << answer;
}

TEST(Server, SendsALargeBody) {
  const std::string large(5 << 20, 'L');
  Running server(make_server({}, [&large](Request&&) { return Response::text(200, large); }));
  Peer peer(server.port());
  peer.send(kGet);
  EXPECT_EQ(body_of(peer.answer()), large);
}

}  // namespace
}  // namespace nuri::test
