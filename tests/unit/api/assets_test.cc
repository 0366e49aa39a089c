// Pages and their files over a real server: headers, packed forms, and what a cache may keep.
#include "edge/assets/assets.h"

#include "support/api_world.h"

namespace onrush::test {
namespace {

constexpr assets::Asset kPage{"/shop/index.html",
                              "text/html; charset=utf-8",
                              "<!doctype html>page",
                              "packed page",
                              "\"p1\"",
                              false};
constexpr assets::Asset kScript{
    "/assets/a-0123.js", "text/javascript", "let script;", "packed", "\"s1\"", true};
constexpr assets::Asset kIcon{"/assets/i-0123.svg", "image/svg+xml", "<svg/>", "", "\"i1\"", true};

class WorldWithPages : public ApiWorld {
 public:
  WorldWithPages() {
    context.assets = [](api::Listener listener, std::string_view path) -> const assets::Asset* {
      if (path == "/" || (path == "/orders" && listener == api::Listener::admin)) return &kPage;
      for (const auto* file : {&kScript, &kIcon}) {
        if (path == file->path) return file;
      }
      return nullptr;
    };
  }
};

struct Pages : ::testing::Test {
  HttpAnswer get(std::string_view path, std::string_view headers = "",
                 std::string_view method = "GET") {
    return http_call(world.general->port(), method, path, {}, headers);
  }
  WorldWithPages world;
};

constexpr std::string_view kPacked = "Accept-Encoding: br, gzip;q=0.9\r\n";

TEST_F(Pages, a_page_carries_a_strict_policy_and_is_asked_for_again) {
  const auto page = get("/");
  ASSERT_EQ(page.status, 200);
  EXPECT_EQ(page.body, kPage.bytes);
  EXPECT_TRUE(page.has_header("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_TRUE(page.has_header("Cache-Control: no-cache\r\n"));
  EXPECT_TRUE(page.has_header("Content-Security-Policy: default-src 'none'; script-src 'self';"));
  EXPECT_TRUE(page.has_header(
      "connect-src 'self' http://rush.test ws://rush.test ws://shop.test; base-uri 'none'"));
  EXPECT_TRUE(page.has_header("frame-ancestors 'none'"));
  EXPECT_TRUE(page.has_header("X-Content-Type-Options: nosniff"));
  EXPECT_TRUE(page.has_header("Referrer-Policy: no-referrer"));
  EXPECT_FALSE(page.has_header("unsafe-inline"));
  EXPECT_TRUE(page.has_header("Vary: Accept-Encoding\r\n"));
  EXPECT_FALSE(page.has_header("Content-Encoding"));
}

TEST_F(Pages, the_console_may_reach_only_its_own_listener) {
  const auto page = http_call(world.admin->port(), "GET", "/orders");
  ASSERT_EQ(page.status, 200);
  EXPECT_TRUE(page.has_header("connect-src 'self' ws://admin.test; base-uri"));
  EXPECT_FALSE(page.has_header("rush.test"));
}

TEST_F(Pages, a_file_named_by_its_hash_is_kept_for_a_year) {
  const auto script = get(kScript.path);
  ASSERT_EQ(script.status, 200);
  EXPECT_EQ(script.body, kScript.bytes);
  EXPECT_TRUE(script.has_header("Cache-Control: public, max-age=31536000, immutable\r\n"));
  EXPECT_FALSE(script.has_header("Content-Security-Policy"));
}

TEST_F(Pages, the_packed_form_goes_to_whoever_accepts_it) {
  const auto packed = get("/", kPacked);
  ASSERT_EQ(packed.status, 200);
  EXPECT_EQ(packed.body, kPage.gzip_bytes);
  EXPECT_TRUE(packed.has_header("Content-Encoding: gzip\r\n"));
  EXPECT_TRUE(packed.has_header("Vary: Accept-Encoding\r\n"));
  EXPECT_TRUE(packed.has_header("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_TRUE(packed.has_header("ETag: \"p1-gz\"\r\n")) << "other bytes, another tag";
  EXPECT_TRUE(packed.has_header("Content-Security-Policy"));
  EXPECT_EQ(get("/", "Accept-Encoding: gzip;q=0\r\n").body, kPage.bytes);
  EXPECT_EQ(get("/", "Accept-Encoding: br\r\n").body, kPage.bytes);
}

TEST_F(Pages, what_does_not_get_smaller_is_never_packed) {
  const auto icon = get(kIcon.path, kPacked);
  ASSERT_EQ(icon.status, 200);
  EXPECT_EQ(icon.body, kIcon.bytes);
  EXPECT_FALSE(icon.has_header("Content-Encoding"));
  EXPECT_FALSE(icon.has_header("Vary: Accept-Encoding"));
}

TEST_F(Pages, a_known_form_is_not_sent_again) {
  const auto same = get("/", "If-None-Match: \"x\", W/\"p1\"\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.body.empty());
  EXPECT_TRUE(same.has_header("ETag: \"p1\"\r\n"));
  EXPECT_TRUE(same.has_header("Vary: Accept-Encoding\r\n"));
  const std::string packed(kPacked);
  EXPECT_EQ(get("/", packed + "If-None-Match: \"p1-gz\"\r\n").status, 304);
  EXPECT_FALSE(get("/", packed + "If-None-Match: \"p1-gz\"\r\n").has_header("Content-Encoding"));
  EXPECT_EQ(get("/", packed + "If-None-Match: \"p1\"\r\n").status, 200)
      << "the plain form is not the packed one";
  EXPECT_EQ(get("/", "If-None-Match: \"p1-gz\"\r\n").status, 200);
}

TEST_F(Pages, head_says_what_get_would_without_the_body) {
  for (const std::string_view headers : {std::string_view{}, kPacked}) {
    const auto got = get("/", headers), head = get("/", headers, "HEAD");
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.body.empty());
    EXPECT_TRUE(head.has_header("Content-Length: " + std::to_string(got.body.size()) + "\r\n"))
        << head.head;
    EXPECT_EQ(head.has_header("Content-Encoding: gzip"), !headers.empty());
  }
}

TEST_F(Pages, no_page_is_404_and_never_hides_a_wrong_method) {
  EXPECT_EQ(get("/nowhere").status, 404);
  EXPECT_EQ(get("/orders").status, 404) << "a page of the other listener";
  EXPECT_EQ(get("/", "", "POST").status, 405);
  EXPECT_EQ(http_call(world.rush->port(), "GET", "/").status, 404) << "the rush has no pages";
}

}  // namespace
}  // namespace onrush::test
