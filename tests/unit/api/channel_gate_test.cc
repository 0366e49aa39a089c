// A sale that is open to some client programs only.
#include <fstream>
#include <sstream>

#include "support/api_world.h"
#include "support/schema_check.h"

namespace onrush::test {
namespace {

constexpr std::string_view kApp = "X-Onrush-Channel: app\r\n";
constexpr std::string_view kWeb = "X-Onrush-Channel: web\r\n";
constexpr std::string_view kOnlyApp =
    R"(,"admission":{"channels":["app"],"channel_links":{"download":"https://shop.test/app"}})";

struct ChannelGate : ::testing::Test {
  ApiWorld world;
  const std::string item = R"({"item":"a","title":"A","stock":2,"price":500})";
};

TEST_F(ChannelGate, another_channel_is_told_where_to_go_and_takes_nothing) {
  world.open_sale(item, kOnlyApp);
  const auto before = world.office.command_count();
  for (const std::string_view channel : {kWeb, std::string_view{}}) {
    const auto refused = world.hold(1, R"({"item":"a"})", channel);
    EXPECT_EQ(refused.status, 403) << refused.body;
    EXPECT_EQ(refused.code(), "channel_required");
    EXPECT_EQ(refused.json().at("channels").at(0).as_string(), "app");
    EXPECT_EQ(refused.json().at("links").at("download").as_string(), "https://shop.test/app");
    std::ifstream in(std::string(ONRUSH_SOURCE_DIR) + "/docs/openapi.json");
    std::stringstream file;
    file << in.rdbuf();
    const SchemaChecker check(boost::json::parse(file.str()));
    EXPECT_EQ(check.fault("post", "/api/v1/sales/{sale}/holds", 403, refused.body), "");
  }
  EXPECT_EQ(world.office.command_count(), before);
  EXPECT_EQ(world.hold(1, R"({"item":"a"})", kApp).status, 201);
  const auto funnel = http_call(world.admin->port(), "GET", "/api/v1/admin/funnel", {},
                                world.staff(ports::Role::viewer));
  EXPECT_EQ(funnel.json().at("layers").at(1).at("layer").as_string(), "channel_required");
  EXPECT_EQ(funnel.json().at("layers").at(1).at("refused").as_int64(), 2) << funnel.body;
}

TEST_F(ChannelGate, comes_before_the_phase_and_the_stock) {
  world.define(item, std::string(kOnlyApp) + R"(,"standby":false)");
  EXPECT_EQ(world.hold(1, R"({"item":"a"})", kWeb).status, 403) << "not 425";
  EXPECT_EQ(world.hold(1, R"({"item":"a"})", kApp).status, 425);
  world.act(sale::command::PhaseAct::open);
  (void)world.hold(1, R"({"item":"a"})", kApp);
  (void)world.hold(2, R"({"item":"a"})", kApp);
  EXPECT_EQ(world.hold(3, R"({"item":"a"})", kWeb).status, 403) << "not 409";
  EXPECT_EQ(world.hold(3, R"({"item":"a"})", kApp).status, 409);
}

TEST_F(ChannelGate, a_sale_without_channels_is_open_to_all_and_says_so) {
  world.open_sale(item);
  EXPECT_EQ(world.hold(1, R"({"item":"a"})", "X-Onrush-Channel: anything\r\n").status, 201);
  EXPECT_EQ(world.hold(2, R"({"item":"a"})").status, 201);
  const auto document = http_call(world.rush->port(), "GET", "/api/v1/sales/s").json();
  EXPECT_TRUE(document.at("admission").at("channels").as_array().empty());
}

TEST_F(ChannelGate, the_pages_may_send_the_header_across_origins) {
  const auto preflight = http_call(world.rush->port(), "OPTIONS", "/api/v1/sales/s/holds", {},
                                   "Origin: http://shop.test\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_TRUE(preflight.has_header("X-Onrush-Channel")) << preflight.head;
}

TEST_F(ChannelGate, the_sale_document_names_the_channels) {
  world.open_sale(item, kOnlyApp);
  const auto admission =
      http_call(world.rush->port(), "GET", "/api/v1/sales/s").json().at("admission");
  EXPECT_EQ(admission.at("channels").at(0).as_string(), "app");
  EXPECT_EQ(admission.at("channel_links").at("download").as_string(), "https://shop.test/app");
}

}  // namespace
}  // namespace onrush::test
