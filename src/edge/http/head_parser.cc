#include "edge/http/head_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <cstring>
#include <limits>

namespace onrush::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;
using ErrorCode = beast::error_code;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

// ASCII letters only differ by 0x20; header names are tokens, so nothing else is confused.
bool same_name(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char c = a[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[i]) return false;
  }
  return true;
}

// Headers that Beast's table does not know.
Header custom_header(std::string_view name) {
  switch (name.size()) {
    case 11:
      if (same_name(name, "onrush-pass")) return Header::onrush_pass;
      return same_name(name, "traceparent") ? Header::traceparent : Header::count_;
    case 12:
      return same_name(name, "onrush-place") ? Header::onrush_place : Header::count_;
    case 15:
      if (same_name(name, "idempotency-key")) return Header::idempotency_key;
      return same_name(name, "x-forwarded-for") ? Header::x_forwarded_for : Header::count_;
    case 16:
      return same_name(name, "x-onrush-channel") ? Header::x_onrush_channel : Header::count_;
    case 18:
      return same_name(name, "x-onrush-signature") ? Header::x_onrush_signature : Header::count_;
    default:
      return Header::count_;
  }
}

Header header_of(field f, std::string_view name) {
  switch (f) {
    case field::host:
      return Header::host;
    case field::authorization:
      return Header::authorization;
    case field::content_type:
      return Header::content_type;
    case field::if_none_match:
      return Header::if_none_match;
    case field::origin:
      return Header::origin;
    case field::cookie:
      return Header::cookie;
    case field::user_agent:
      return Header::user_agent;
    case field::accept_language:
      return Header::accept_language;
    case field::accept_encoding:
      return Header::accept_encoding;
    case field::referer:
      return Header::referer;
    case field::unknown:
      return custom_header(name);
    default:
      return Header::count_;
  }
}

// Headers that decide who asks for what: two of them are an attempt to be read in two ways.
bool must_be_single(Header h) {
  switch (h) {
    case Header::host:
    case Header::authorization:
    case Header::content_type:
    case Header::idempotency_key:
    case Header::origin:
    case Header::cookie:
    case Header::x_onrush_channel:
    case Header::onrush_place:
    case Header::onrush_pass:
    case Header::x_onrush_signature:
      return true;
    default:
      return false;
  }
}

bool read_length(std::string_view digits, std::uint64_t& out) {
  if (digits.empty() || digits.size() > 19) return false;  // 19 digits always fit in 64 bits
  out = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

Method method_of(beast::http::verb name) {
  using beast::http::verb;
  switch (name) {
    case verb::get:
      return Method::get;
    case verb::head:
      return Method::head;
    case verb::post:
      return Method::post;
    case verb::put:
      return Method::put;
    case verb::delete_:
      return Method::delete_;
    case verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

class HeadParser final : public beast::http::basic_parser<true> {
 public:
  explicit HeadParser(Head& head) : head_(head) {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // the caller has bounded the head
    body_limit(boost::none);                                  // and checks content_length itself
  }

  int parse(std::string_view bytes) {
    ErrorCode ec;
    const std::size_t used = put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    if (status_ != 0) return status_;
    if (ec == beast::http::error::bad_version) return 505;
    if (ec || used != bytes.size() || !is_header_done()) return 400;
    return conclude();
  }

 private:
  int conclude() {
    if (head_.request.header(Header::host).data() == nullptr && http11_) return 400;
    if (transfer_encoding_seen_) {
      // With a length beside it, or in HTTP/1.0, it is a smuggling form; else a body of unknown
      // length, which nothing here needs.
      if (length_seen_ || !http11_) return 400;
      return chunked_ ? 411 : 501;
    }
    // An HTTP/1.0 client is answered once: keeping its connection was never standardised.
    head_.keep_alive = http11_ && keep_alive();
    return 0;
  }

  void refuse(int status, ErrorCode& ec) {
    status_ = status;
    ec = beast::http::error::bad_value;
  }

  void on_request_impl(beast::http::verb verb, beast::string_view, beast::string_view target,
                       int version, ErrorCode& ec) override {
    Request& request = head_.request;
    request.method = method_of(verb);
    request.target = view(target);
    http11_ = version == 11;
    const bool asterisk = request.method == Method::options && request.target == "*";
    if (!asterisk && (request.target.empty() || request.target.front() != '/'))
      return refuse(400, ec);
    if (request.target.find('#') != std::string_view::npos) return refuse(400, ec);
    const std::size_t mark = request.target.find('?');
    request.path = request.target.substr(0, mark);
    request.query =
        mark == std::string_view::npos ? std::string_view{} : request.target.substr(mark + 1);
  }

  void on_field_impl(field f, beast::string_view raw_name, beast::string_view raw_value,
                     ErrorCode& ec) override {
    const std::string_view value = view(raw_value);
    switch (f) {
      case field::content_length:
        if (length_seen_ || !read_length(value, head_.content_length)) return refuse(400, ec);
        length_seen_ = true;
        return;
      case field::transfer_encoding:
        if (transfer_encoding_seen_) return refuse(400, ec);
        transfer_encoding_seen_ = true;
        chunked_ = same_name(value, "chunked");
        return;
      case field::expect:
        if (!same_name(value, "100-continue")) return refuse(417, ec);
        head_.expects_continue = http11_;
        return;
      case field::connection:
        if (beast::http::token_list{raw_value}.exists("upgrade")) head_.connection_upgrade = true;
        return;
      case field::upgrade:
        head_.upgrade = value;
        return;
      case field::sec_websocket_key:
        return keep_single(head_.websocket_key, value, ec);
      case field::sec_websocket_version:
        return keep_single(head_.websocket_version, value, ec);
      default:
        break;
    }
    const Header h = header_of(f, view(raw_name));
    if (h == Header::count_) return;
    std::string_view& kept = head_.request.headers[static_cast<std::size_t>(h)];
    if (kept.data() == nullptr || h == Header::x_forwarded_for) {
      kept = value;  // of X-Forwarded-For the last line, which the nearest proxy has added
    } else if (must_be_single(h)) {
      refuse(400, ec);
    }
  }

  void keep_single(std::string_view& kept, std::string_view value, ErrorCode& ec) {
    if (kept.data() != nullptr) return refuse(400, ec);
    kept = value;
  }

  void on_response_impl(int, beast::string_view, int, ErrorCode&) override {}
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, ErrorCode&) override {}
  std::size_t on_body_impl(beast::string_view, ErrorCode&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, ErrorCode&) override {
    return 0;
  }
  void on_finish_impl(ErrorCode&) override {}

  Head& head_;
  int status_ = 0;
  bool http11_ = false;
  bool length_seen_ = false;
  bool transfer_encoding_seen_ = false;
  bool chunked_ = false;
};

}  // namespace

HeadScanner::Outcome HeadScanner::scan(std::string_view bytes) {
  const char* const begin = bytes.data();
  while (position_ < bytes.size()) {
    const void* found = std::memchr(begin + position_, '\n', bytes.size() - position_);
    if (found == nullptr) break;
    const auto at = static_cast<std::uint32_t>(static_cast<const char*>(found) - begin);
    if (at == line_ || begin[at - 1] != '\r') return Outcome::malformed;
    position_ = at + 1;
    if (at == line_ + 1) return Outcome::complete;
    if (line_ != 0 && (begin[line_] == ' ' || begin[line_] == '\t')) return Outcome::malformed;
    line_ = at + 1;
  }
  position_ = static_cast<std::uint32_t>(bytes.size());
  return Outcome::incomplete;
}

int parse_head(std::string_view bytes, Head& head) {
  HeadParser parser(head);
  return parser.parse(bytes);
}

}  // namespace onrush::http
