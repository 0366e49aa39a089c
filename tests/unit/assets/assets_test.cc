#include "edge/assets/assets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace onrush::assets {
namespace {

// Paths of the assets that a page names in its src and href attributes.
std::set<std::string> links_of(std::string_view html) {
  std::set<std::string> links;
  for (auto at = html.find("\"/assets/"); at != std::string_view::npos;
       at = html.find("\"/assets/", at + 1)) {
    links.emplace(html.substr(at + 1, html.find('"', at + 1) - at - 1));
  }
  return links;
}

TEST(Assets, every_page_finds_everything_that_it_names) {
  for (const auto listener : {Listener::general, Listener::admin}) {
    const auto* page = find_page(listener, "/");
    ASSERT_NE(page, nullptr);
    const auto links = links_of(page->bytes);
    EXPECT_GE(links.size(), 3u);  // script, style, icon
    for (const auto& link : links) EXPECT_NE(find_asset(link), nullptr) << link;
  }
}

TEST(Assets, styles_name_only_pictures_that_are_embedded) {
  for (const auto listener : {Listener::general, Listener::admin}) {
    for (const auto& link : links_of(find_page(listener, "/")->bytes)) {
      const auto* asset = find_asset(link);
      ASSERT_NE(asset, nullptr);
      if (!asset->content_type.starts_with("text/css")) continue;
      for (auto at = asset->bytes.find("url("); at != std::string_view::npos;
           at = asset->bytes.find("url(", at + 1)) {
        const auto target = asset->bytes.substr(at + 4, asset->bytes.find(')', at) - at - 4);
        EXPECT_NE(find_asset(target), nullptr) << target;
      }
    }
  }
}

// Paths of the scripts that a script imports, at once or later, or starts as a worker.
std::set<std::string> scripts_of(std::string_view script) {
  std::set<std::string> paths;
  for (const std::string_view start : {"\"./", "\"/assets/"}) {
    for (auto at = script.find(start); at != std::string_view::npos;
         at = script.find(start, at + 1)) {
      const auto from = at + start.size();
      const auto name = script.substr(from, script.find('"', from) - from);
      if (name.ends_with(".js")) paths.insert("/assets/" + std::string(name));
    }
  }
  return paths;
}

TEST(Assets, scripts_find_every_script_that_they_load_later) {
  std::set<std::string> seen;
  std::vector<std::string> open;
  for (const auto& link : links_of(find_page(Listener::general, "/")->bytes)) {
    if (link.ends_with(".js")) open.push_back(link);
  }
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    if (!seen.insert(path).second) continue;
    const auto* asset = find_asset(path);
    ASSERT_NE(asset, nullptr) << path;
    for (const auto& next : scripts_of(asset->bytes)) open.push_back(next);
  }
  const auto some = [&seen](std::string_view part) {
    return std::any_of(seen.begin(), seen.end(), [part](const std::string& path) {
      return path.find(part) != std::string::npos;
    });
  };
  EXPECT_TRUE(some("draw") && some("challenge") && some("proof-worker"));
}

TEST(Assets, pages_hold_no_inline_script_style_or_handler) {
  for (const auto listener : {Listener::general, Listener::admin}) {
    const auto html = find_page(listener, "/")->bytes;
    EXPECT_EQ(html.find("<style"), std::string_view::npos);
    EXPECT_EQ(html.find(" style="), std::string_view::npos);
    EXPECT_EQ(html.find(" on"), std::string_view::npos);
    EXPECT_NE(html.find("<script src=\"/assets/"), std::string_view::npos);
    EXPECT_EQ(html.find("<script>"), std::string_view::npos);
    EXPECT_EQ(html.find("http://"), std::string_view::npos);
    EXPECT_EQ(html.find("https://"), std::string_view::npos);
  }
}

TEST(Assets, first_load_of_the_shop_is_below_40_kilobytes) {
  const auto* page = find_page(Listener::general, "/s/618");
  ASSERT_NE(page, nullptr);
  std::size_t bytes = page->gzip_bytes.size();
  for (const auto& link : links_of(page->bytes)) {
    const auto* asset = find_asset(link);
    ASSERT_NE(asset, nullptr);
    bytes += asset->gzip_bytes.empty() ? asset->bytes.size() : asset->gzip_bytes.size();
  }
  EXPECT_GT(bytes, 1'000u);
  EXPECT_LT(bytes, 40'000u);
}

TEST(Assets, routes_match_whole_segments_only) {
  const auto* shop = find_page(Listener::general, "/");
  const auto* console = find_page(Listener::admin, "/");
  ASSERT_NE(shop, console);
  EXPECT_EQ(find_page(Listener::general, "/s/618"), shop);
  EXPECT_EQ(find_page(Listener::general, "/s/618/draw"), shop);
  EXPECT_EQ(find_page(Listener::general, "/order/7312"), shop);
  EXPECT_EQ(find_page(Listener::general, "/sign-in"), shop);
  EXPECT_EQ(find_page(Listener::admin, "/setup"), console);
  EXPECT_EQ(find_page(Listener::admin, "/sales/618"), console);
  for (const auto* path : {"", "/s", "/s/", "/s/618/", "/s/618/x", "/s/618/draw/", "/s/a%2fb", "//",
                           "/orders/", "/x", "/setup", "/s/{sale}/", "/shop/index.html"}) {
    EXPECT_EQ(find_page(Listener::general, path), nullptr) << path;
  }
}

TEST(Assets, shells_are_not_reachable_as_assets) {
  EXPECT_EQ(find_asset("/shop/index.html"), nullptr);
  EXPECT_EQ(find_asset("/assets/../shop/index.html"), nullptr);
  EXPECT_EQ(find_asset("/assets/"), nullptr);
}

TEST(Assets, only_hashed_names_are_cached_for_long) {
  const auto* page = find_page(Listener::general, "/");
  EXPECT_EQ(cache_control(*page), "no-cache");
  for (const auto& link : links_of(page->bytes)) {
    EXPECT_NE(cache_control(*find_asset(link)).find("immutable"), std::string_view::npos);
  }
}

TEST(Assets, policy_names_the_rush_origin_and_its_websocket) {
  EXPECT_NE(content_security_policy("").find("connect-src 'self';"), std::string::npos);
  EXPECT_NE(content_security_policy("https://rush.example:8443")
                .find("connect-src 'self' https://rush.example:8443 wss://rush.example:8443;"),
            std::string::npos);
  EXPECT_NE(content_security_policy("http://127.0.0.1:8081").find(" ws://127.0.0.1:8081;"),
            std::string::npos);
  EXPECT_NE(content_security_policy("", "http://shop.example").find(" 'self' ws://shop.example;"),
            std::string::npos);
}

TEST(Assets, the_packed_form_has_a_tag_of_its_own) {
  const auto* page = find_page(Listener::general, "/");
  EXPECT_EQ(etag_of(*page, false), page->etag);
  const std::string packed = etag_of(*page, true);
  EXPECT_TRUE(packed.ends_with("-gz\""));
  EXPECT_FALSE(etag_matches(page->etag, packed));
  EXPECT_FALSE(etag_matches(packed, page->etag));
}

TEST(Assets, policy_cannot_be_changed_by_a_strange_origin) {
  const auto plain = content_security_policy("");
  for (const auto* origin : {"https://a; script-src *", "https://a\r\nX: y", "javascript:1",
                             "https://", "https://a/b", "*"}) {
    EXPECT_EQ(content_security_policy(origin), plain) << origin;
    EXPECT_EQ(content_security_policy("", origin), plain) << origin;
  }
}

TEST(Assets, etags_are_compared_weakly_and_in_lists) {
  const auto* page = find_page(Listener::general, "/");
  const std::string tag(page->etag);
  ASSERT_TRUE(tag.starts_with('"') && tag.ends_with('"'));
  EXPECT_TRUE(etag_matches(tag, page->etag));
  EXPECT_TRUE(etag_matches("W/" + tag, page->etag));
  EXPECT_TRUE(etag_matches("\"x\", " + tag, page->etag));
  EXPECT_TRUE(etag_matches("*", page->etag));
  EXPECT_FALSE(etag_matches("", page->etag));
  EXPECT_FALSE(etag_matches("\"x\"", page->etag));
  EXPECT_FALSE(etag_matches(tag.substr(1, tag.size() - 2), page->etag));
}

TEST(Assets, gzip_is_sent_only_where_it_is_accepted) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("br, GZip;q=0.5"));
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("br"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip; q=0.000"));
  EXPECT_FALSE(accepts_gzip("x-gzip-not"));
}

}  // namespace
}  // namespace onrush::assets
