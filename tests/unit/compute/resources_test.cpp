#include "tests/unit/compute/world.h"

namespace nuri::compute::test {

TEST(Keypairs, MadeImportedAndOwned) {
  World w;
  auto made = w.send("POST", "/v2.1/os-keypairs", "member",
                     Json::object({{"keypair", Json::object({{"name", "k"}})}}));
  ASSERT_EQ(made.status, 200) << made.body;
  Json k = body_of(made)["keypair"];
  EXPECT_TRUE(k.contains("private_key"));
  EXPECT_FALSE(k.contains("type"));
  EXPECT_EQ(w.send("POST", "/v2.1/os-keypairs", "member",
                   Json::object({{"keypair", Json::object({{"name", "k"}})}}))
                .status,
            409);
  auto imported = w.send(
      "POST", "/v2.1/os-keypairs", "member",
      Json::object(
          {{"keypair",
            Json::object({{"name", "k2"}, {"public_key", k["public_key"]}, {"type", "ssh"}})}}),
      2);
  EXPECT_EQ(imported.status, 201) << imported.body;
  EXPECT_EQ(
      w.send("POST", "/v2.1/os-keypairs", "member",
             Json::object({{"keypair", Json::object({{"name", "k3"}, {"public_key", "junk"}})}}))
          .status,
      400);
  EXPECT_EQ(w.send("POST", "/v2.1/os-keypairs", "member",
                   Json::object({{"keypair", Json::object({{"name", "a/b"}})}}))
                .status,
            400);
  EXPECT_EQ(w.send("POST", "/v2.1/os-keypairs", "member",
                   Json::object({{"keypair", Json::object({{"name", "k4"}})}}), 92)
                .status,
            400);
  EXPECT_EQ(w.send("GET", "/v2.1/os-keypairs/k", "foreign").status, 404);
  EXPECT_EQ(body_of(w.send("GET", "/v2.1/os-keypairs", "member", {}, 2))["keypairs"].size(), 2u);
  EXPECT_EQ(w.send("DELETE", "/v2.1/os-keypairs/k", "member", {}, 2).status, 204);
  EXPECT_EQ(w.send("DELETE", "/v2.1/os-keypairs/k", "member").status, 404);
}

TEST(Keypairs, CertificatesForGuestsThatTakeThem) {
  World w;
  auto make = [&](const Json& keypair) {
    return w.send("POST", "/v2.1/os-keypairs", "member", Json::object({{"keypair", keypair}}), 10);
  };
  auto made = make(Json::object({{"name", "c"}, {"type", "x509"}}));
  ASSERT_EQ(made.status, 201) << made.body;
  Json k = body_of(made)["keypair"];
  EXPECT_EQ(k["type"].as_string(), "x509");
  EXPECT_TRUE(k["public_key"].as_string().starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_TRUE(k["private_key"].as_string().starts_with("-----BEGIN PRIVATE KEY-----"));
  EXPECT_EQ(k["fingerprint"].as_string().size(), 59u);
  auto again = make(
      Json::object({{"name", "c2"}, {"type", "x509"}, {"public_key", k["public_key"]}}));
  ASSERT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(body_of(again)["keypair"]["fingerprint"], k["fingerprint"]);
  EXPECT_EQ(make(Json::object({{"name", "c3"}, {"type", "x509"}, {"public_key", "junk"}})).status,
            400);
  EXPECT_EQ(make(Json::object({{"name", "c4"}, {"type", "pgp"}})).status, 400);
}

TEST(Flavors, PrivateOnesAreSeenByWhoWasLetIn) {
  World w;
  Json body = Json::object({{"flavor", Json::object({{"name", "secret"},
                                                     {"id", "p"},
                                                     {"ram", 64},
                                                     {"vcpus", 1},
                                                     {"disk", 1},
                                                     {"os-flavor-access:is_public", false}})}});
  ASSERT_EQ(w.send("POST", "/v2.1/flavors", "admin", body).status, 200);
  EXPECT_EQ(w.send("POST", "/v2.1/flavors", "admin", body).status, 409);
  EXPECT_EQ(w.send("GET", "/v2.1/flavors/p", "member").status, 404);
  EXPECT_EQ(w.send("POST", "/v2.1/flavors/p/action", "admin",
                   Json::object({{"addTenantAccess", Json::object({{"tenant", kProject}})}}))
                .status,
            200);
  EXPECT_EQ(w.send("GET", "/v2.1/flavors/p", "member").status, 200);
  EXPECT_EQ(w.send("GET", "/v2.1/flavors/p", "foreign").status, 404);
  EXPECT_EQ(body_of(w.send("GET", "/v2.1/flavors?minRam=100", "member"))["flavors"].size(), 1u);
  EXPECT_EQ(w.send("GET", "/v2.1/flavors?minRam=x", "member").status, 400);
  EXPECT_EQ(w.send("POST", "/v2.1/flavors/p/os-extra_specs", "admin",
                   Json::object({{"extra_specs", Json::object({{"a:b", "c"}})}}))
                .status,
            200);
  Json shown = body_of(w.send("GET", "/v2.1/flavors/p", "member", {}, 61))["flavor"];
  EXPECT_EQ(shown["extra_specs"]["a:b"].as_string(), "c");
  EXPECT_FALSE(body_of(w.send("GET", "/v2.1/flavors/p", "member", {}, 54))["flavor"].contains(
      "description"));
  for (const char* bad :
       {R"({"flavor": {"name": "x", "ram": 0, "vcpus": 1, "disk": 1}})",
        R"({"flavor": {"name": "x", "ram": 1, "vcpus": "a", "disk": 1}})",
        R"({"flavor": {"name": "x", "ram": 1, "vcpus": 1}})",
        R"({"flavor": {"name": "x", "ram": 1, "vcpus": 1, "disk": 1, "more": 1}})"}) {
    EXPECT_EQ(w.send_raw("POST", "/v2.1/flavors", "admin", bad).status, 400) << bad;
  }
}

TEST(Console, AnswersThroughTheAgentOrSaysWhyNot) {
  World w;
  std::string id = w.create_server();
  EXPECT_EQ(w.send("POST", "/v2.1/servers/" + id + "/action", "member",
                   Json::object({{"os-getConsoleOutput", Json::object()}}))
                .status,
            409);
  EXPECT_EQ(w.send("POST", "/v2.1/servers/" + id + "/action", "member",
                   Json::object({{"os-getConsoleOutput", Json::object({{"length", "x"}})}}))
                .status,
            400);
}

}  // namespace nuri::compute::test
