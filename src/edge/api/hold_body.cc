#include "edge/api/hold_body.h"

#include <fmt/format.h>

#include <algorithm>

#include "edge/api/strict_json.h"

namespace onrush::api {
namespace {

class Reader {
 public:
  Reader(std::string_view text, HoldBodyFault& fault) : text_(text), fault_(fault) {}

  bool read(HoldBody& body) {
    bool has_item = false, has_quantity = false, has_lines = false, has_standby = false;
    HoldBody::Line single;
    const bool read_all = object([&](std::string_view name) {
      if (name == "item") return once(has_item, name) && item(single.item);
      if (name == "quantity") return once(has_quantity, name) && quantity(single.quantity);
      if (name == "standby") return once(has_standby, name) && boolean(body.join_standby);
      if (name == "lines") return once(has_lines, name) && lines(body);
      return wrong("{}: is not known here", name.substr(0, 64));
    });
    skip_space();
    if (!read_all) return false;
    if (at_ != text_.size()) return malformed();
    if (has_lines == has_item) return wrong("give either item or lines");
    if (has_lines && has_quantity) return wrong("quantity: belongs into each of the lines");
    if (has_item) body.lines.push_back(single);
    return distinct(body);
  }

 private:
  template <class OnMember>
  bool object(OnMember on_member) {
    if (!take('{')) return wrong_or_malformed("must be an object");
    if (take('}')) return true;
    do {
      std::string_view name;
      if (!string(name) || !take(':')) return malformed();
      if (!on_member(name)) return false;
    } while (take(','));
    return take('}') || malformed();
  }

  bool lines(HoldBody& body) {
    if (!take('[')) return wrong_or_malformed("lines: must be a list");
    if (take(']')) return wrong("lines: must have 1 to {} entries", sale::kLinesMax);
    do {
      if (body.lines.size() == sale::kLinesMax) {
        return wrong("lines: must have 1 to {} entries", sale::kLinesMax);
      }
      HoldBody::Line line;
      if (!this->line(line)) return false;
      body.lines.push_back(line);
    } while (take(','));
    return take(']') || malformed();
  }

  bool line(HoldBody::Line& out) {
    bool has_item = false, has_quantity = false;
    const bool read_all = object([&](std::string_view name) {
      if (name == "item") return once(has_item, name) && item(out.item);
      if (name == "quantity") return once(has_quantity, name) && quantity(out.quantity);
      return wrong("lines: {}: is not known here", name.substr(0, 64));
    });
    return read_all && (has_item || wrong("lines: item: missing"));
  }

  bool once(bool& seen, std::string_view name) {
    if (seen) return wrong("{}: given twice", name);
    return seen = true;
  }

  bool item(std::string_view& out) {
    if (!peek('"')) return wrong_or_malformed("item: must be text");
    if (!string(out)) return malformed();
    return (!out.empty() && out.size() <= 64) || wrong("item: must have 1 to 64 characters");
  }

  // Whole numbers 1..100; anything else that is a number is named as out of range.
  bool quantity(std::uint16_t& out) {
    skip_space();
    std::size_t end = at_;
    while (end < text_.size() && is_number_char(text_[end])) ++end;
    const std::string_view digits = text_.substr(at_, end - at_);
    if (digits.empty()) return wrong_or_malformed("quantity: must be a whole number from 1 to 100");
    unsigned value = 0;
    for (const char c : digits) {
      value = c >= '0' && c <= '9' && value <= sale::kUnitsPerOrderMax
                  ? value * 10 + static_cast<unsigned>(c - '0')
                  : 10'000;
    }
    if (digits[0] == '0' || value < 1 || value > sale::kUnitsPerOrderMax) {
      return wrong("quantity: must be a whole number from 1 to {}", sale::kUnitsPerOrderMax);
    }
    at_ = end;
    out = static_cast<std::uint16_t>(value);
    return true;
  }

  bool boolean(bool& out) {
    skip_space();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "true" : "false";
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      out = value;
      return true;
    }
    return wrong_or_malformed("standby: must be true or false");
  }

  bool distinct(const HoldBody& body) {
    for (std::size_t i = 1; i < body.lines.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (body.lines[i].item == body.lines[j].item)
          return wrong("lines: {}: given twice", body.lines[i].item);
      }
    }
    return true;
  }

  // A string without escapes; the view is into the text.
  bool string(std::string_view& out) {
    if (!take('"')) return false;
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' || static_cast<unsigned char>(text_[at_]) < 0x20) return false;
      ++at_;
    }
    if (at_ == text_.size()) return false;
    out = text_.substr(from, at_++ - from);
    return true;
  }

  static bool is_number_char(char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool peek(char c) {
    skip_space();
    return at_ < text_.size() && text_[at_] == c;
  }
  bool take(char c) {
    if (!peek(c)) return false;
    ++at_;
    return true;
  }

  template <class... Args>
  bool wrong(fmt::format_string<Args...> text, Args&&... args) {
    fault_.detail = fmt::format(text, std::forward<Args>(args)...);
    return false;
  }
  bool malformed() {
    fault_.malformed = true;
    fault_.detail = "the body is not JSON of this shape";
    return false;
  }
  // A value of another type is wrong; something that is no value at all is malformed. The slow
  // reader tells which: this is the path of a broken client.
  bool wrong_or_malformed(const char* detail) {
    fault_.detail = detail;
    return false;
  }

  std::string_view text_;
  HoldBodyFault& fault_;
  std::size_t at_ = 0;
};

}  // namespace

bool read_hold_body(std::string_view text, HoldBody& body, HoldBodyFault& fault) {
  if (Reader(text, fault).read(body)) return true;
  // The general reader decides between "no JSON" and "wrong": it knows all of the grammar.
  if (const auto whole = parse_object(text); !whole) {
    fault.malformed = true;
    fault.detail = whole.error().message;
  } else if (fault.malformed) {
    fault.malformed = false;
    fault.detail = "item: must be the id of an item, without escapes";
  }
  return false;
}

}  // namespace onrush::api
