#include "sale/event_codec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sale/event_fields.h"
#include "sale/rules_check.h"

namespace onrush::sale {
namespace {

class FieldWriter {
 public:
  explicit FieldWriter(ByteWriter& out) : out_(out) {}

  template <class... T>
  void operator()(const T&... fields) {
    (put(fields), ...);
  }

 private:
  template <class Tag, class Rep>
  void put(StrongId<Tag, Rep> id) {
    out_.put(id.value());
  }
  template <std::integral T>
  void put(T value) {
    out_.put(value);
  }
  void put(bool value) { out_.put(static_cast<std::uint8_t>(value)); }
  template <class T>
  requires std::is_enum_v<T>
  void put(T value) { out_.put(static_cast<std::uint8_t>(value)); }
  void put(TimePoint t) { out_.put(to_millis(t)); }
  void put(Millis t) { out_.put(static_cast<std::int64_t>(t.count())); }
  void put(Money m) { out_.put(m.minor); }
  void put(const std::string& text) { out_.put_text(text); }
  void put(const Text& text) { each_field(text, *this); }
  void put(const Units& units) {
    out_.put(static_cast<std::uint16_t>(units.size()));
    for (const UnitRef& ref : units) (*this)(ref.item, ref.unit);
  }
  void put(const Lines& lines) {
    out_.put(static_cast<std::uint8_t>(lines.size()));
    for (const Line& line : lines) (*this)(line.item, line.quantity);
  }
  void put(const std::vector<ItemRules>& items) {
    out_.put(static_cast<std::uint16_t>(items.size()));
    for (const ItemRules& item : items) each_field(item, *this);
  }
  void put(const std::vector<std::string>& texts) {
    out_.put(static_cast<std::uint16_t>(texts.size()));
    for (const std::string& text : texts) put(text);
  }
  void put(const std::array<std::byte, 32>& bytes) { out_.put_raw(bytes.data(), bytes.size()); }
  void put(const std::vector<QuestionRules>& questions) {
    out_.put(static_cast<std::uint16_t>(questions.size()));
    for (const QuestionRules& question : questions) each_field(question, *this);
  }
  void put(const RulesPtr& rules) {
    static const SaleRules kNoRules;
    each_field(rules != nullptr ? *rules : kNoRules, *this);
  }

  ByteWriter& out_;
};

// Reads fields; anything out of range fails the reader, so that the caller checks once.
class FieldReader {
 public:
  explicit FieldReader(ByteReader& in) : in_(in) {}

  template <class... T>
  void operator()(T&... fields) {
    (get(fields), ...);
  }

 private:
  template <class Tag, class Rep>
  void get(StrongId<Tag, Rep>& id) {
    id = StrongId<Tag, Rep>{in_.get<Rep>()};
  }
  template <std::integral T>
  void get(T& value) {
    value = in_.get<T>();
  }
  void get(bool& value) {
    const auto byte = in_.get<std::uint8_t>();
    if (byte > 1) in_.fail();
    value = byte == 1;
  }
  template <class T>
  requires std::is_enum_v<T>
  void get(T& value) {
    const auto byte = in_.get<std::uint8_t>();
    if (byte > static_cast<std::uint8_t>(kLastOf<T>)) return in_.fail();
    value = static_cast<T>(byte);
  }
  void get(TimePoint& t) { t = from_millis(get_millis()); }
  void get(Millis& t) { t = Millis{get_millis()}; }
  void get(Money& m) {
    m.minor = in_.get<std::int64_t>();
    if (m.minor < 0) in_.fail();
  }
  void get(std::string& text) { text = in_.get_text(); }
  void get(Text& text) { each_field(text, *this); }
  void get(Units& units) {
    const auto count = in_.get<std::uint16_t>();
    if (count > kUnitsPerOrderMax) return in_.fail();
    units.resize(count);
    for (UnitRef& ref : units) (*this)(ref.item, ref.unit);
  }
  void get(Lines& lines) {
    const auto count = in_.get<std::uint8_t>();
    if (count > kLinesMax) return in_.fail();
    lines.resize(count);
    for (Line& line : lines) (*this)(line.item, line.quantity);
  }
  void get(std::vector<ItemRules>& items) {
    const auto count = in_.get<std::uint16_t>();
    if (count > kItemsMax) return in_.fail();
    items.resize(count);
    for (ItemRules& item : items) each_field(item, *this);
  }
  void get(std::vector<std::string>& texts) {
    const auto count = in_.get<std::uint16_t>();
    if (count > std::max(kChannelsMax, kAnswersMax)) return in_.fail();
    texts.resize(count);
    for (std::string& text : texts) get(text);
  }
  void get(std::array<std::byte, 32>& bytes) {
    const Bytes raw = in_.get_raw(bytes.size());
    if (raw.size() == bytes.size()) std::copy(raw.begin(), raw.end(), bytes.begin());
  }
  void get(std::vector<QuestionRules>& questions) {
    const auto count = in_.get<std::uint16_t>();
    if (count > kQuestionsMax) return in_.fail();
    questions.resize(count);
    for (QuestionRules& question : questions) each_field(question, *this);
  }
  void get(RulesPtr& rules) {
    auto read = std::make_shared<SaleRules>();
    each_field(*read, *this);
    rules = std::move(read);
  }

  // Sums of a time and a hold must not overflow: a range that no real time leaves.
  std::int64_t get_millis() {
    constexpr std::int64_t kMillisMax = std::int64_t{1} << 53;
    const auto ms = in_.get<std::int64_t>();
    if (ms < -kMillisMax || ms > kMillisMax) in_.fail();
    return in_.ok() ? ms : 0;
  }

  ByteReader& in_;
};

// What SaleDefined has got since its first version stands behind its first fields, group by group,
// and only where it says something or a later group does: events without it are the bytes that they
// always were.
bool has_newer(const SaleRules& rules) {
  AdmissionRules older;
  older.channels = rules.admission.channels;
  older.download_url = rules.admission.download_url;
  older.register_url = rules.admission.register_url;
  return rules.line != LineRules{} || rules.admission != older;
}
void put_added(const event::SaleDefined& defined, ByteWriter& out) {
  if (defined.rules == nullptr) return;
  const bool newer = has_newer(*defined.rules);
  if (!newer && defined.rules->admission == AdmissionRules{}) return;
  each_field(defined.rules->admission, FieldWriter{out});
  if (newer) each_newer_field(*defined.rules, FieldWriter{out});
}
// One event has one form: a group that says nothing is damage.
void get_added(ByteReader& in, event::SaleDefined& defined) {
  auto rules = std::make_shared<SaleRules>(*defined.rules);
  each_field(rules->admission, FieldReader{in});
  if (in.at_end()) {
    if (rules->admission == AdmissionRules{}) in.fail();
  } else {
    each_newer_field(*rules, FieldReader{in});
    if (!has_newer(*rules)) in.fail();
  }
  defined.rules = std::move(rules);
}

template <std::size_t kKind>
bool decode_fields(ByteReader& in, Event& event) {
  auto& e = event.emplace<kKind>();
  each_field(e, FieldReader{in});
  if constexpr (std::is_same_v<std::remove_reference_t<decltype(e)>, event::SaleDefined>) {
    if (in.ok() && !in.at_end()) get_added(in, e);
  }
  return in.ok() && in.at_end();
}

template <std::size_t... kKinds>
constexpr auto decoders_of(std::index_sequence<kKinds...>) {
  return std::array{&decode_fields<kKinds>...};
}

}  // namespace

void encode(const Event& event, ByteWriter& out) {
  out.put(static_cast<std::uint8_t>(event.index()));
  out.put(std::uint32_t{0});
  const std::size_t start = out.size();
  std::visit([&out](const auto& e) { each_field(e, FieldWriter{out}); }, event);
  if (const auto* defined = std::get_if<event::SaleDefined>(&event)) put_added(*defined, out);
  out.patch(start - sizeof(std::uint32_t), static_cast<std::uint32_t>(out.size() - start));
}

Result<Event> decode_event(ByteReader& in) {
  static constexpr auto kDecoders =
      decoders_of(std::make_index_sequence<std::variant_size_v<Event>>{});
  const auto kind = in.get<std::uint8_t>();
  const auto size = in.get<std::uint32_t>();
  ByteReader fields(in.get_raw(size));
  if (!in.ok()) return corrupt("an event that is cut off");
  Result<Event> result{Event{}};
  if (kind >= kDecoders.size()) return corrupt("an event of an unknown kind");
  if (!kDecoders[kind](fields, *result)) return corrupt("an event whose fields are damaged");
  return result;
}

void encode(const SaleRules& rules, ByteWriter& out) {
  each_field(rules, FieldWriter{out});
  each_field(rules.admission, FieldWriter{out});
  each_newer_field(rules, FieldWriter{out});
}

Result<SaleRules> decode_rules(ByteReader& in) {
  Result<SaleRules> rules{SaleRules{}};
  each_field(*rules, FieldReader{in});
  each_field(rules->admission, FieldReader{in});
  each_newer_field(*rules, FieldReader{in});
  if (!in.ok()) return corrupt("rules that are damaged or cut off");
  return rules;
}

}  // namespace onrush::sale
