// Solves a proof of work as a client does: from the public documents only.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/base64url.h"
#include "base/sha256.h"

namespace onrush::test {

// Standard base64 with padding, as a browser's btoa().
inline std::string base64(std::string_view text) {
  std::string out = to_base64url(std::as_bytes(std::span(text)));
  for (char& c : out) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (out.size() % 4 != 0) out.push_back('=');
  return out;
}

// `given`: {"algorithm","challenge","salt","signature","maxnumber"}. "" if there is no such number.
inline std::string solve_work(const boost::json::value& given) {
  const std::string salt(given.at("salt").as_string());
  const std::string challenge(given.at("challenge").as_string());
  for (std::int64_t n = 0; n <= given.at("maxnumber").as_int64(); ++n) {
    const std::string text = salt + std::to_string(n);
    if (to_hex(sha256(std::as_bytes(std::span(text)))) != challenge) continue;
    const boost::json::object solution{{"algorithm", given.at("algorithm")},
                                       {"challenge", challenge},
                                       {"number", n},
                                       {"salt", salt},
                                       {"signature", given.at("signature")},
                                       {"took", 1}};
    return base64(boost::json::serialize(solution));
  }
  return {};
}

}  // namespace onrush::test
