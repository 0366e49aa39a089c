// Result<T>: a value, or an operational Error. Business outcomes are not errors; they are plain
// values.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace onrush {

// What the caller may conclude about the effect of a failed operation.
enum class ErrorKind {
  invalid,          // the input is wrong; trying again with the same input is useless
  rejected,         // refused, and certainly without effect
  retryable,        // certainly without effect, and worth trying again
  unknown_outcome,  // may or may not have taken effect (a time-out after sending)
  corrupt,          // stored data contradicts itself
};

struct Error {
  ErrorKind kind = ErrorKind::rejected;
  std::string message;  // for operators: no secrets, no bound SQL values
};

// Found by ADL when value() is called on a failed result; that is a programming error.
[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&) {
  throw std::runtime_error(e.message);
}

template <class T>
using Result = boost::system::result<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline Error invalid(std::string m) {
  return {ErrorKind::invalid, std::move(m)};
}
[[nodiscard]] inline Error rejected(std::string m) {
  return {ErrorKind::rejected, std::move(m)};
}
[[nodiscard]] inline Error retryable(std::string m) {
  return {ErrorKind::retryable, std::move(m)};
}
[[nodiscard]] inline Error unknown_outcome(std::string m) {
  return {ErrorKind::unknown_outcome, std::move(m)};
}
[[nodiscard]] inline Error corrupt(std::string m) {
  return {ErrorKind::corrupt, std::move(m)};
}

}  // namespace onrush
