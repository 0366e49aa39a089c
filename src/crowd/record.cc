#include "crowd/record.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

namespace onrush::crowd {
namespace {

namespace json = boost::json;
constexpr std::size_t kPendingMax = 1024 * 1024;

std::optional<std::uint64_t> whole_id(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return 0;
  if (!value->is_string()) return std::nullopt;
  const json::string& text = value->get_string();
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return id;
}

std::optional<RecordLine> parse_line(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  const json::value* at = object.if_contains("at");
  const json::value* kind = object.if_contains("kind");
  const auto buyer = whole_id(object, "buyer");
  const auto order = whole_id(object, "order");
  if (at == nullptr || !at->is_int64() || kind == nullptr || !kind->is_string() || !buyer ||
      !order) {
    return std::nullopt;
  }
  RecordLine line{at->get_int64(), std::string(kind->get_string()), *buyer, *order, {}};
  const json::value* units = object.if_contains("units");
  if (units == nullptr) return line;
  if (!units->is_array()) return std::nullopt;
  for (const json::value& entry : units->get_array()) {
    const json::object* unit = entry.if_object();
    const json::value* item = unit != nullptr ? unit->if_contains("item") : nullptr;
    const json::value* number = unit != nullptr ? unit->if_contains("unit") : nullptr;
    if (item == nullptr || !item->is_string() || number == nullptr || !number->is_int64()) {
      return std::nullopt;
    }
    line.units.push_back(
        {std::string(item->get_string()), static_cast<std::uint32_t>(number->get_int64())});
  }
  return line;
}

std::vector<UnitSeen> sorted(std::vector<UnitSeen> units) {
  std::sort(units.begin(), units.end());
  return units;
}

// What one order was acknowledged as, over all its lines.
struct Acknowledged {
  std::uint64_t buyer = 0;
  std::vector<UnitSeen> units;
  std::string last_kind;
};

std::string judge(std::uint64_t order, const Acknowledged& told,
                  const std::optional<OrderSeen>& now) {
  if (!now)
    return fmt::format("order {} was acknowledged ({}) and is missing", order, told.last_kind);
  if (now->buyer != 0 && told.buyer != 0 && now->buyer != told.buyer) {
    return fmt::format("order {} was acknowledged to buyer {} and is buyer {}'s", order, told.buyer,
                       now->buyer);
  }
  // Late money may be fulfilled by other units than the ones that the hold had.
  const bool same_units = told.units.empty() || sorted(now->units) == sorted(told.units);
  if (!same_units && told.last_kind == "paid") {
    return fmt::format("order {} was acknowledged with other units than it has", order);
  }
  if (!same_units && now->state == "awaiting_payment") {
    return fmt::format("order {} holds other units than were acknowledged", order);
  }
  if (told.last_kind == "paid" && now->state != "paid" && now->state != "refunded") {
    return fmt::format("order {} was acknowledged as paid and is {}", order, now->state);
  }
  if (told.last_kind != "hold" && now->state == "awaiting_payment") {
    return fmt::format("order {} was acknowledged as {} and awaits payment again", order,
                       told.last_kind);
  }
  return {};
}

}  // namespace

Result<RecordWriter> RecordWriter::open(const std::string& path) {
  RecordWriter writer;
  writer.fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (writer.fd_ < 0) return rejected("cannot write " + path + ": " + ::strerror(errno));
  return writer;
}

RecordWriter::RecordWriter(RecordWriter&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), pending_(std::move(other.pending_)) {}

RecordWriter& RecordWriter::operator=(RecordWriter&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(pending_, other.pending_);
  return *this;
}

RecordWriter::~RecordWriter() {
  (void)flush();
  if (fd_ >= 0) ::close(fd_);
}

void RecordWriter::add(const RecordLine& line) {
  if (fd_ < 0) return;
  auto out = std::back_inserter(pending_);
  fmt::format_to(out, R"({{"at":{},"kind":"{}","buyer":"{}")", line.at_ms, line.kind, line.buyer);
  if (line.order != 0) fmt::format_to(out, R"(,"order":"{}")", line.order);
  if (!line.units.empty()) {
    pending_ += ",\"units\":[";
    for (std::size_t i = 0; i < line.units.size(); ++i) {
      fmt::format_to(out, R"({}{{"item":{},"unit":{}}})", i == 0 ? "" : ",",
                     json::serialize(json::value(line.units[i].item)), line.units[i].unit);
    }
    pending_ += ']';
  }
  pending_ += "}\n";
  if (pending_.size() > kPendingMax) (void)flush();
}

Status RecordWriter::flush() {
  if (fd_ < 0) return {};
  std::size_t done = 0;
  while (done < pending_.size()) {
    const ssize_t n = ::write(fd_, pending_.data() + done, pending_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      pending_.erase(0, done);
      return retryable(std::string("cannot write the record: ") + ::strerror(errno));
    }
    done += static_cast<std::size_t>(n);
  }
  pending_.clear();
  return {};
}

Result<std::vector<RecordLine>> read_record(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return rejected("cannot read " + path);
  std::vector<RecordLine> lines;
  std::string text;
  while (std::getline(file, text)) {
    if (file.eof()) break;  // no line end: the writer was killed inside it
    auto line = parse_line(text);
    if (!line) return corrupt(fmt::format("{}: line {} is no record", path, lines.size() + 1));
    lines.push_back(std::move(*line));
  }
  return lines;
}

std::vector<std::string> compare(const std::vector<RecordLine>& record, const Facts& facts) {
  std::map<std::uint64_t, Acknowledged> orders;
  std::vector<std::string> found;
  for (const RecordLine& line : record) {
    if (line.kind == "standby") {
      if (facts.standby_known && !facts.standby_known(line.buyer)) {
        found.push_back(fmt::format("the standby place of buyer {} is missing", line.buyer));
      }
      continue;
    }
    Acknowledged& order = orders[line.order];
    order.buyer = line.buyer;
    if (!line.units.empty()) order.units = line.units;
    order.last_kind = line.kind;
  }
  std::map<UnitSeen, std::uint64_t> owners;
  for (const auto& [order, told] : orders) {
    const auto now = facts.order(order, told.buyer);
    if (std::string fault = judge(order, told, now); !fault.empty())
      found.push_back(std::move(fault));
    if (!now || now->state != "paid") continue;
    for (const UnitSeen& unit : now->units) {
      const auto [owner, first] = owners.emplace(unit, order);
      if (!first) {
        found.push_back(fmt::format("unit {} of {} is paid in order {} and in order {}", unit.unit,
                                    unit.item, owner->second, order));
      }
    }
  }
  return found;
}

}  // namespace onrush::crowd
