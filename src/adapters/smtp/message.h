// One mail as RFC 5322 text, with RFC 2047 words for what is not ASCII.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "ports/mailer.h"

namespace onrush::smtp {

struct Sender {
  std::string address;
  std::string name;  // UTF-8, may be empty
};

// One plain ASCII address: local@domain, without display name, comments, quotes, lists or control
// characters, at most 254 bytes. Error: invalid; the message does not repeat the address.
[[nodiscard]] Status check_address(std::string_view address);

// The whole message, lines ending in CRLF, the text as base64 (so that neither dots nor long lines
// nor Chinese depend on the server). Error: invalid (control characters in the subject, a bad
// message id).
[[nodiscard]] Result<std::string> to_message(const ports::Mail& mail, const Sender& from,
                                             TimePoint date);

// Parts of it, for tests.
[[nodiscard]] std::string encode_words(std::string_view utf8, std::size_t column);
[[nodiscard]] std::string to_rfc5322_date(TimePoint at);

}  // namespace onrush::smtp
