#include "network/driver/sim/driver.h"
#include "tests/unit/network/driver_contract.h"

namespace nuri::network::test {

TEST(SimDriver, KeepsTheContract) {
  Cloud cloud;
  SimDriver driver(*cloud.database);
  cloud.service->changed = [&] { driver.wake(); };
  driver.start();
  expect_driver_contract(cloud, driver);
  driver.stop();
}

TEST(SimDriver, APortIsUpWhileItsHostIsSaidAndItsOwnerWantsIt) {
  Cloud c;
  SimDriver driver(*c.database);
  std::string net = c.network(), id = c.port(net)["id"].as_string(), url = "/v2.0/ports/" + id;
  auto status = [&] {
    EXPECT_TRUE(driver.run_once());
    return c.ask(200, "GET", url, "member p1")["port"]["status"].as_string();
  };
  EXPECT_EQ(status(), "DOWN");
  std::string binding = "/internal/v1/ports/" + id + "/binding";
  Json bind =
      Json::object({{"host_id", "h"}, {"device_id", c.random.uuid()}, {"project_id", "p1"}});
  c.ask(200, "PUT", binding, "service", bind);
  EXPECT_EQ(status(), "ACTIVE");
  c.ask(200, "PUT", url, "member p1", *parse_json(R"({"port": {"admin_state_up": false}})"));
  EXPECT_EQ(status(), "DOWN");
  c.ask(200, "PUT", url, "member p1", *parse_json(R"({"port": {"admin_state_up": true}})"));
  EXPECT_EQ(status(), "ACTIVE");
  c.ask(204, "DELETE", binding, "service");
  EXPECT_EQ(status(), "DOWN");
}

}  // namespace nuri::network::test
