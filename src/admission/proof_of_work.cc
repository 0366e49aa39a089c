#include "admission/proof_of_work.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "base/base64url.h"
#include "base/constant_time.h"
#include "base/hex.h"
#include "base/invariant.h"
#include "base/sha256.h"

namespace onrush::admission {
namespace {

namespace json = boost::json;

struct Solution {
  std::string algorithm, challenge, salt, signature;
  std::uint64_t number = 0;
};

Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string salted_hash(std::string_view salt, std::uint64_t number) {
  const std::string text = fmt::format("{}{}", salt, number);
  return to_hex(Bytes(sha256(bytes_of(text))));
}

// Standard base64 with or without its padding (RFC 4648 §4), as btoa() of a browser writes it.
std::optional<std::string> read_base64(std::string_view text) {
  if (text.size() > ProofOfWork::kSolutionMax) return std::nullopt;
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string url(text);
  for (char& c : url) {
    if (c == '-' || c == '_') return std::nullopt;
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  }
  std::string bytes(url.size(), '\0');
  const auto size = read_base64url(url, std::as_writable_bytes(std::span(bytes)));
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

bool read_text(const json::object& object, std::string_view name, std::string& out) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return false;
  out.assign(value->get_string().data(), value->get_string().size());
  return true;
}

// Further members, such as the "took" of ALTCHA's own widget, are passed over.
std::optional<Solution> read_solution(std::string_view text) {
  const auto bytes = read_base64(text);
  if (!bytes) return std::nullopt;
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 2;
  const json::value value = json::parse(*bytes, error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  Solution solution;
  if (!read_text(object, "algorithm", solution.algorithm) ||
      !read_text(object, "challenge", solution.challenge) ||
      !read_text(object, "salt", solution.salt) ||
      !read_text(object, "signature", solution.signature)) {
    return std::nullopt;
  }
  const json::value* number = object.if_contains("number");
  if (number == nullptr || !number->is_int64() || number->get_int64() < 0) return std::nullopt;
  solution.number = static_cast<std::uint64_t>(number->get_int64());
  return solution;
}

// Moves past `name` and a number behind it; the salt is ours, so it has exactly this form.
bool take_number(std::string_view& salt, std::string_view name, std::uint64_t& value) {
  if (!salt.starts_with(name)) return false;
  salt.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(salt.data(), salt.data() + salt.size(), value);
  if (error != std::errc{}) return false;
  salt.remove_prefix(static_cast<std::size_t>(end - salt.data()));
  return true;
}

}  // namespace

ProofOfWork::Challenge ProofOfWork::issue(const WorkFor& whose, std::uint64_t max_number,
                                          unsigned level, Bytes nonce, TimePoint expires_at) const {
  INVARIANT(nonce.size() == kNonceBytes, "a salt has its full randomness");
  Challenge made;
  made.max_number = max_number;
  made.salt =
      fmt::format("{}?expires={}&sale={}&buyer={}&level={}&", to_hex(nonce),
                  std::chrono::floor<std::chrono::seconds>(expires_at.time_since_epoch()).count(),
                  whose.sale, whose.buyer, level);
  const Mac drawn = key_.mac({"onrush work number v1", made.salt});
  std::uint64_t number = 0;
  std::memcpy(&number, drawn.data(), sizeof number);
  // 64 bits for some millions of numbers: that the small ones come a little more often is nothing.
  made.challenge = salted_hash(made.salt, number % (max_number + 1));
  made.signature = to_hex(Bytes(key_.mac(made.challenge)));
  return made;
}

ProofOfWork::Checked ProofOfWork::check(std::string_view text, const WorkFor& whose,
                                        TimePoint now) const {
  const auto solution = read_solution(text);
  if (!solution || solution->algorithm != kAlgorithm) return WorkFault::malformed;
  Mac given;
  if (!read_hex(solution->signature, given)) return WorkFault::malformed;
  const Mac expected = key_.mac(solution->challenge);
  if (!equal_constant_time(Bytes(given), Bytes(expected))) return WorkFault::forged;
  std::string_view rest = solution->salt;
  if (!rest.ends_with('&') || salted_hash(rest, solution->number) != solution->challenge) {
    return WorkFault::unsolved;
  }
  // From here on the salt is one that we have written.
  WorkFor named;
  std::uint64_t expires = 0;
  std::uint64_t level = 0;
  rest.remove_prefix(std::min(rest.find('?'), rest.size()));
  if (!take_number(rest, "?expires=", expires) || !take_number(rest, "&sale=", named.sale) ||
      !take_number(rest, "&buyer=", named.buyer) || !take_number(rest, "&level=", level) ||
      rest != "&") {
    return WorkFault::forged;
  }
  if (named != whose) return WorkFault::not_yours;
  Solved solved;
  solved.level = static_cast<unsigned>(level);
  solved.expires_at = TimePoint{std::chrono::seconds{expires}};
  if (now >= solved.expires_at) return WorkFault::expired;
  std::memcpy(&solved.id, expected.data(), sizeof solved.id);
  if (solved.id == 0) solved.id = 1;
  return solved;
}

std::string_view to_string(WorkFault fault) {
  switch (fault) {
    case WorkFault::malformed:
      return "malformed";
    case WorkFault::forged:
      return "forged";
    case WorkFault::unsolved:
      return "unsolved";
    case WorkFault::not_yours:
      return "not_yours";
    case WorkFault::expired:
      return "expired";
  }
  return "";
}

void throw_exception_from_error(WorkFault fault, const boost::source_location&) {
  throw std::runtime_error("proof of work refused: " + std::string(to_string(fault)));
}

}  // namespace onrush::admission
