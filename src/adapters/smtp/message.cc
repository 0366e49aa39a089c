#include "adapters/smtp/message.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace onrush::smtp {

namespace {

constexpr std::size_t kAddressBytesMax = 254;
constexpr std::size_t kLocalPartBytesMax = 64;
constexpr std::size_t kLineBytes = 76;         // RFC 2045, RFC 2047
constexpr std::size_t kBytesPerBodyLine = 57;  // 76 base64 characters

std::string to_base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

bool is_printable_ascii(char c) {
  return c >= 0x20 && c < 0x7f;
}
bool is_control(char c) {
  return (c >= 0 && c < 0x20) || c == 0x7f;
}
bool continues_a_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// atext of RFC 5322 and the dot: what an address has without quotes and comments.
bool is_address_character(char c) {
  constexpr std::string_view kOther = "!#$%&'*+-/=?^_`{|}~.";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOther.find(c) != std::string_view::npos;
}
bool is_dotted(std::string_view part) {
  return !part.empty() && part.front() != '.' && part.back() != '.' &&
         part.find("..") == std::string_view::npos;
}

// Any line end becomes CRLF.
std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\n' || text[i] == '\r') {
      out += "\r\n";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string base64_lines(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += kBytesPerBodyLine) {
    out += to_base64(text.substr(i, kBytesPerBodyLine));
    out += "\r\n";
  }
  return out;
}

bool is_message_id(std::string_view id) {
  const auto at = id.find('@');
  return id.size() <= 200 && at != std::string_view::npos && at > 0 && at + 1 < id.size() &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return is_printable_ascii(c) && c != ' ' && c != '<' && c != '>';
         });
}

}  // namespace

Status check_address(std::string_view address) {
  const auto at = address.find('@');
  const auto wrong = [](std::string_view why) {
    return invalid(fmt::format("the e-mail address {}", why));
  };
  if (address.size() > kAddressBytesMax) return wrong("is too long");
  if (at == std::string_view::npos || address.find('@', at + 1) != std::string_view::npos) {
    return wrong("must be one local part, one @ and one domain");
  }
  const std::string_view local = address.substr(0, at);
  const std::string_view domain = address.substr(at + 1);
  if (!is_dotted(local) || local.size() > kLocalPartBytesMax) return wrong("has a bad local part");
  if (!is_dotted(domain)) return wrong("has a bad domain");
  const bool plain = std::all_of(local.begin(), local.end(), is_address_character) &&
                     std::all_of(domain.begin(), domain.end(), [](char c) {
                       return is_address_character(c) && (c == '-' || c == '.' || std::isalnum(c));
                     });
  if (!plain) return wrong("has characters that a plain address cannot have");
  return {};
}

std::string encode_words(std::string_view utf8, std::size_t column) {
  const bool plain = std::all_of(utf8.begin(), utf8.end(), is_printable_ascii) &&
                     utf8.find("=?") == std::string_view::npos &&
                     column + utf8.size() <= kLineBytes;
  if (plain) return std::string(utf8);
  // "=?UTF-8?B?" … "?=" of at most 75 characters each, cut between characters, never within one.
  constexpr std::size_t kFrame = 12;
  std::string out;
  while (!utf8.empty()) {
    const std::size_t room = kLineBytes - 1 - kFrame - std::min<std::size_t>(column, 30);
    std::size_t size = std::min(room / 4 * 3, utf8.size());
    while (size < utf8.size() && size > 1 && continues_a_character(utf8[size])) --size;
    if (!out.empty()) out += "\r\n ";
    out += fmt::format("=?UTF-8?B?{}?=", to_base64(utf8.substr(0, size)));
    utf8.remove_prefix(size);
    column = 1;
  }
  return out;
}

std::string to_rfc5322_date(TimePoint at) {
  // Names of its own: those of the C library follow the locale.
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
      time.seconds().count());
}

Result<std::string> to_message(const ports::Mail& mail, const Sender& from, TimePoint date) {
  if (auto checked = check_address(mail.to); !checked) return checked.error();
  if (std::any_of(mail.subject.begin(), mail.subject.end(), is_control)) {
    return invalid("the subject of a mail must be one line without control characters");
  }
  if (!is_message_id(mail.message_id)) return invalid("the message id of a mail is malformed");
  constexpr std::string_view kSubject = "Subject: ";
  const std::string sender =
      from.name.empty()
          ? from.address
          : fmt::format("{}\r\n <{}>", encode_words(from.name, kLineBytes), from.address);
  return fmt::format(
      "Date: {}\r\n"
      "From: {}\r\n"
      "To: {}\r\n"
      "{}{}\r\n"
      "Message-ID: <{}>\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=UTF-8\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "\r\n"
      "{}",
      to_rfc5322_date(date), sender, mail.to, kSubject, encode_words(mail.subject, kSubject.size()),
      mail.message_id, base64_lines(with_crlf(mail.text)));
}

}  // namespace onrush::smtp
