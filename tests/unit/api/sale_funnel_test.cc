// What each sale's funnel says: every answer to a hold request in one layer of one sale.
#include <fstream>
#include <sstream>
#include <thread>

#include "support/api_world.h"
#include "support/schema_check.h"

namespace onrush::test {
namespace {

using api::Layer;
using api::SaleFunnel;
using sale::SaleNo;

TEST(SaleFunnelTest, sales_are_counted_apart_and_together) {
  SaleFunnel funnel;
  funnel.count(SaleNo{1}, Layer::filtered);
  funnel.count(SaleNo{1}, Layer::filtered);
  funnel.count(SaleNo{64}, Layer::filtered);
  funnel.count(SaleNo{2}, Layer::granted);
  funnel.count(SaleNo{}, Layer::rate_limited);
  EXPECT_EQ(funnel.of(SaleNo{1}).of(Layer::filtered), 2u);
  EXPECT_EQ(funnel.of(SaleNo{64}).of(Layer::filtered), 1u);
  EXPECT_EQ(funnel.of(SaleNo{2}).of(Layer::filtered), 0u);
  EXPECT_EQ(funnel.of(SaleNo{3}).of(Layer::granted), 0u);
  EXPECT_EQ(funnel.all().of(Layer::filtered), 3u);
  EXPECT_EQ(funnel.all().of(Layer::granted), 1u);
  EXPECT_EQ(funnel.all().of(Layer::rate_limited), 1u);
}

TEST(SaleFunnelTest, a_sale_past_the_table_is_counted_with_all_and_with_no_other) {
  SaleFunnel funnel;
  funnel.count(SaleNo{70'000}, Layer::busy);
  EXPECT_EQ(funnel.of(SaleNo{70'000}).of(Layer::busy), 0u);
  EXPECT_EQ(funnel.of(SaleNo{70'000 % 65'536}).of(Layer::busy), 0u);
  EXPECT_EQ(funnel.all().of(Layer::busy), 1u);
}

TEST(SaleFunnelTest, no_count_is_lost_between_threads) {
  SaleFunnel funnel;
  constexpr std::uint64_t kCounts = 20'000;
  const auto count = [&funnel] {
    for (std::uint64_t i = 0; i < kCounts; ++i)
      funnel.count(SaleNo{static_cast<std::uint32_t>(1 + i % 640)}, Layer::sold_out);
  };
  std::thread other(count);
  count();
  other.join();
  EXPECT_EQ(funnel.all().of(Layer::sold_out), 2 * kCounts);
}

std::map<std::string, std::int64_t> funnel_of(ApiWorld& world, const std::string& sale) {
  const auto answer = http_call(world.admin->port(), "GET", "/api/v1/admin/sales/" + sale, {},
                                world.staff(ports::Role::viewer));
  std::ifstream in(std::string(ONRUSH_SOURCE_DIR) + "/docs/openapi.json");
  std::stringstream file;
  file << in.rdbuf();
  const SchemaChecker check(boost::json::parse(file.str()));
  EXPECT_EQ(check.fault("get", "/api/v1/admin/sales/{sale}", 200, answer.body), "") << answer.body;
  std::map<std::string, std::int64_t> counts;
  const auto document = answer.json();
  for (const auto& entry : document.at("funnel").as_array()) {
    const auto& layer = entry.as_object();
    const auto* refused = layer.if_contains("refused");
    counts[std::string(layer.at("layer").as_string())] =
        refused != nullptr ? refused->as_int64() : layer.at("given").as_int64();
  }
  EXPECT_EQ(counts.size(), api::kLayers);
  return counts;
}

TEST(AdminSaleFunnel, a_sale_shows_its_own_layers_only) {
  api::RateLimitConfig limits;
  limits.account = {1, 3};
  ApiWorld world("{}", limits);
  world.open_sale(R"({"item":"a","title":"A","stock":1,"price":500})", R"(,"standby":false)");
  const auto other = sale::parse_sale_file(
      R"({"sale":"t","title":"T","opens_at":"+1h","closes_at":"+9h",
          "admission":{"channels":["app"]},
          "items":[{"item":"a","title":"A","stock":1,"price":5}]})",
      world.clock.now());
  ASSERT_TRUE(other);
  ASSERT_EQ(ports::call(world.office,
                        sale::command::DefineSale{std::make_shared<sale::SaleRules>(*other), "t"},
                        Millis{5000})
                .verdict,
            sale::Verdict::done);
  ASSERT_EQ(
      ports::call(world.office,
                  sale::command::ChangePhase{SaleNo{2}, sale::command::PhaseAct::announce, "t", ""},
                  Millis{5000})
          .verdict,
      sale::Verdict::done);
  world.settle();

  EXPECT_EQ(world.hold(1, R"({"item":"a"})").status, 201);
  EXPECT_EQ(world.hold(2, R"({"item":"a"})").status, 409);
  EXPECT_EQ(world.hold(3, R"({"item":"a"})").status, 409);
  const auto in_t = [&world](std::string_view headers) {
    return http_call(world.rush->port(), "POST", "/api/v1/sales/t/holds", R"({"item":"a"})",
                     world.buyer(4).append(headers))
        .status;
  };
  EXPECT_EQ(in_t(""), 403);
  EXPECT_EQ(in_t(""), 403);
  EXPECT_EQ(in_t(""), 403);
  EXPECT_EQ(in_t(""), 429);
  EXPECT_EQ(in_t("X-Onrush-Channel: app\r\n"), 425) << "told to everybody alike, at no account's cost";

  auto s = funnel_of(world, "s");
  EXPECT_EQ(s["granted"], 1);
  EXPECT_EQ(s["sold_out"], 2);
  EXPECT_EQ(s["channel_required"], 0);
  EXPECT_EQ(s["rate_limited"], 0);
  auto t = funnel_of(world, "t");
  EXPECT_EQ(t["granted"], 0);
  EXPECT_EQ(t["sold_out"], 0);
  EXPECT_EQ(t["channel_required"], 3);
  EXPECT_EQ(t["not_open"], 1);
  EXPECT_EQ(t["rate_limited"], 1);
}

}  // namespace
}  // namespace onrush::test
