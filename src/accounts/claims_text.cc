#include "accounts/claims_text.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>

namespace onrush::accounts {
namespace {

constexpr int kDepthMax = 8;

constexpr std::array<std::string_view, 4> kRoles = {"buyer", "viewer", "operator", "owner"};

// Moves over JSON text front to back. Text that is handed out is raw: only strings without escapes.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool take(char c) {
    skip_space();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  // A string; nothing when it is malformed. `plain` becomes false when it has escapes.
  std::optional<std::string_view> string(bool& plain) {
    if (!take('"')) return std::nullopt;
    plain = true;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const auto c = static_cast<unsigned char>(text_[i]);
      if (c == '"') {
        const std::string_view value = text_.substr(0, i);
        text_.remove_prefix(i + 1);
        return value;
      }
      if (c < 0x20) return std::nullopt;
      if (c == '\\') {
        plain = false;
        ++i;  // whatever is escaped is not the end of the string
      }
    }
    return std::nullopt;
  }

  // A number or literal, up to the next structural character.
  std::string_view word() {
    skip_space();
    std::size_t size = 0;
    while (size < text_.size() &&
           std::string_view(",]} \t\r\n").find(text_[size]) == std::string_view::npos) {
      ++size;
    }
    const std::string_view value = text_.substr(0, size);
    text_.remove_prefix(size);
    return value;
  }

  bool skip_value(int depth) {
    skip_space();
    if (text_.empty() || depth > kDepthMax) return false;
    bool plain = false;
    if (text_.front() == '"') return string(plain).has_value();
    if (take('{')) return skip_members(depth, '}', true);
    if (take('[')) return skip_members(depth, ']', false);
    return is_scalar(word());
  }

  bool at_end() {
    skip_space();
    return text_.empty();
  }

 private:
  bool skip_members(int depth, char close, bool named) {
    if (take(close)) return true;
    do {
      bool plain = false;
      if (named && (!string(plain) || !take(':'))) return false;
      if (!skip_value(depth + 1)) return false;
    } while (take(','));
    return take(close);
  }

  static bool is_scalar(std::string_view word) {
    if (word == "true" || word == "false" || word == "null") return true;
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const char first = word.empty() ? '\0' : word.front();
    return error == std::errc{} && end == word.data() + word.size() &&
           (first == '-' || (first >= '0' && first <= '9'));
  }

  void skip_space() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t' ||
                              text_.front() == '\n' || text_.front() == '\r')) {
      text_.remove_prefix(1);
    }
  }

  std::string_view text_;
};

// Digits only, no leading zero, in range: each number has one text form.
template <class T>
bool read_canonical(std::string_view digits, T& value) {
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return false;
  if (digits.size() > 1 && digits.front() == '0') return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc{} && end == digits.data() + digits.size();
}

enum Seen : unsigned { kSub = 1, kRole = 2, kOrd = 4, kIat = 8, kExp = 16, kSal = 32, kNum = 64 };

unsigned claim_of(std::string_view name) {
  if (name == "sub") return kSub;
  if (name == "role") return kRole;
  if (name == "ord") return kOrd;
  if (name == "iat") return kIat;
  if (name == "exp") return kExp;
  if (name == "sal") return kSal;
  if (name == "num") return kNum;
  return 0;
}

bool read_id(Scanner& in, std::uint64_t& id) {
  bool plain = false;
  const auto text = in.string(plain);
  return text && plain && read_canonical(*text, id);
}

bool read_time(Scanner& in, TimePoint& time) {
  std::int64_t seconds = 0;
  // Up to the year 9999, so that milliseconds cannot overflow.
  if (!read_canonical(in.word(), seconds) || seconds > 253'402'300'799) return false;
  time = TimePoint{std::chrono::seconds{seconds}};
  return true;
}

bool read_role(Scanner& in, ports::Role& role) {
  bool plain = false;
  const auto text = in.string(plain);
  if (!text) return false;
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (*text == kRoles[i]) {
      role = static_cast<ports::Role>(i);
      return true;
    }
  }
  return false;
}

bool read_claim(Scanner& in, unsigned claim, Claims& claims) {
  std::uint64_t id = 0;
  switch (claim) {
    case kSub:
      if (!read_id(in, id)) return false;
      claims.subject = sale::BuyerId{id};
      return true;
    case kOrd:
      if (!read_id(in, id)) return false;
      claims.order = sale::OrderId{id};
      return true;
    case kSal:
      if (!read_id(in, id) || id > std::numeric_limits<sale::SaleNo::rep>::max()) return false;
      claims.sale = sale::SaleNo{static_cast<sale::SaleNo::rep>(id)};
      return true;
    case kNum:
      return read_id(in, claims.number);
    case kRole:
      return read_role(in, claims.role);
    case kIat:
      return read_time(in, claims.issued_at);
    case kExp:
      return read_time(in, claims.expires_at);
    default:
      return in.skip_value(1);
  }
}

// What each kind means must be in it; what another kind means must not.
bool complete(const Claims& claims, unsigned seen) {
  constexpr unsigned kAlways = kSub | kRole | kIat | kExp;
  if ((seen & kAlways) != kAlways) return false;
  const bool names_order = (seen & kOrd) != 0;
  if (names_order != (claims.kind == TokenKind::order)) return false;
  if (names_order && claims.order.value() == 0) return false;
  constexpr unsigned kOfOneSale = kSal | kNum;
  if ((seen & kOfOneSale) != (is_of_one_sale(claims.kind) ? kOfOneSale : 0u)) return false;
  if (is_of_one_sale(claims.kind) && claims.sale.value() == 0) return false;
  const bool numbered = claims.kind == TokenKind::place || claims.kind == TokenKind::pass;
  if (numbered && claims.number == 0) return false;
  const bool staff = claims.kind == TokenKind::staff || claims.kind == TokenKind::staff_refresh;
  if (staff && claims.role == ports::Role::buyer) return false;
  // Nobody has an account yet when the set-up link is used.
  return claims.subject.value() != 0 || claims.kind == TokenKind::setup;
}

}  // namespace

bool read_claims(std::string_view json, Claims& claims) {
  Scanner in(json);
  unsigned seen = 0;
  if (!in.take('{')) return false;
  do {
    bool plain = false;
    const auto name = in.string(plain);
    if (!name || !in.take(':')) return false;
    const unsigned claim = plain ? claim_of(*name) : 0;
    if ((seen & claim) != 0) return false;
    seen |= claim;
    if (!read_claim(in, claim, claims)) return false;
  } while (in.take(','));
  return in.take('}') && in.at_end() && complete(claims, seen);
}

std::string write_claims(const Claims& claims) {
  using std::chrono::floor;
  using std::chrono::seconds;
  fmt::memory_buffer out;
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{{\"sub\":\"{}\",\"role\":\"{}\""),
                 claims.subject.value(), kRoles[static_cast<std::size_t>(claims.role)]);
  if (claims.kind == TokenKind::order) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(",\"ord\":\"{}\""), claims.order.value());
  }
  if (is_of_one_sale(claims.kind)) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(",\"sal\":\"{}\",\"num\":\"{}\""),
                   claims.sale.value(), claims.number);
  }
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(",\"iat\":{},\"exp\":{}}}"),
                 floor<seconds>(claims.issued_at.time_since_epoch()).count(),
                 floor<seconds>(claims.expires_at.time_since_epoch()).count());
  return fmt::to_string(out);
}

}  // namespace onrush::accounts
