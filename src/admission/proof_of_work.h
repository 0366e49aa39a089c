// Proof of work in ALTCHA's format (algorithm SHA-256): the client looks for the number in
// 0..maxnumber whose hash behind a salt is the given one.
//
//   salt       NONCE ?expires=SECONDS&sale=1&buyer=42&level=0&      (ends in "&")
//   challenge  hex SHA-256(salt ‖ number in decimal)
//   signature  hex HMAC-SHA256(key, challenge)
//   solution   base64 of {"algorithm","challenge","number","salt","signature"}
//
// Nothing is kept of a challenge: the number follows from the salt by the key, and what comes back
// carries our signature. It is bound to a buyer and a sale and ends by what its salt says; the "&"
// at the end keeps digits from wandering between salt and number. Using one twice is for
// spent_solutions.h to refuse.
//
// Thread-safe: const after construction.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/hmac.h"
#include "base/time.h"

namespace onrush::admission {

// Whose work it is, and for what.
struct WorkFor {
  std::uint64_t sale = 0;
  std::uint64_t buyer = 0;
  friend bool operator==(const WorkFor&, const WorkFor&) = default;
};

enum class WorkFault : std::uint8_t {
  malformed,  // no base64 of such an object
  forged,     // not signed by us
  unsolved,   // the number is another
  not_yours,  // for another buyer or sale
  expired,
};
[[nodiscard]] std::string_view to_string(WorkFault);

class ProofOfWork {
 public:
  static constexpr std::string_view kAlgorithm = "SHA-256";
  static constexpr std::size_t kNonceBytes = 12;
  static constexpr std::size_t kSolutionMax = 1'024;

  struct Challenge {
    std::string challenge, salt, signature;
    std::uint64_t max_number = 0;
  };
  struct Solved {
    unsigned level = 0;  // as issued
    TimePoint expires_at{};
    std::uint64_t id = 0;  // names this challenge, never 0
  };

  // `key`: ALTCHA's hmacKey, as text.
  explicit ProofOfWork(std::string_view key) : key_(key) {}

  // `nonce`: kNonceBytes random bytes. `expires_at` is cut to whole seconds.
  [[nodiscard]] Challenge issue(const WorkFor& whose, std::uint64_t max_number, unsigned level,
                                Bytes nonce, TimePoint expires_at) const;

  using Checked = boost::system::result<Solved, WorkFault>;
  [[nodiscard]] Checked check(std::string_view solution, const WorkFor& whose, TimePoint now) const;

 private:
  HmacSha256 key_;
};

[[noreturn]] void throw_exception_from_error(WorkFault, const boost::source_location&);

}  // namespace onrush::admission
