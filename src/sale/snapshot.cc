// The whole state as bytes, and back.
//
// Stored is what cannot be derived: the rest (who owns a unit, lines, totals) is rebuilt while
// loading, by the same functions that built it, which also finds what contradicts itself. A
// checksum over all of it finds damage first. Layout: docs/journal_events.md, "Snapshot of the
// book".
#include <algorithm>

#include "sale/book_state.h"
#include "sale/event_codec.h"
#include "sale/event_fields.h"
#include "sale/rules_check.h"

namespace onrush::sale {
namespace {

constexpr std::uint32_t kMagic = 0x4b4f4f42;  // "BOOK"
constexpr std::uint32_t kVersion = 4;
// What records take, without their units and lines.
constexpr std::size_t kOrderBytes = 46;
constexpr std::size_t kUnitBytes = 6;
constexpr std::size_t kPaymentBytes = 22;
constexpr std::size_t kEntryBytes = 30;
constexpr std::size_t kLineBytes = 4;
constexpr std::size_t kRegistrationBytes = 16;
constexpr std::size_t kPlaceBytes = 18;
// Records whose buyers' places in memory are asked for ahead of their turn.
constexpr Index kLookAhead = 16;

std::uint64_t checksum(Bytes bytes) {
  std::uint64_t sum = bytes.size();
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    sum = mix_bits(sum ^ word) + word;
    bytes = bytes.subspan(sizeof word);
  }
  for (const std::byte b : bytes) sum = mix_bits(sum ^ std::to_integer<std::uint64_t>(b));
  return sum;
}

// What stands in front of the stock: notice, registrations, the line.
void save_front(const SaleState& s, ByteWriter& out) {
  for (const std::string* text : {&s.notice.en, &s.notice.zh, &s.beacon}) out.put_text(*text);
  const std::uint32_t registered =
      s.registrations == nullptr ? 0 : s.registrations->records().size();
  out.put(registered);
  for (Index i = 0; i < registered; ++i) {
    const Registrations::Record& record = s.registrations->records()[i];
    out.put_all(record.buyer, record.since);
  }
  if (s.queue == nullptr) return;
  const LineState& line = *s.queue;
  out.put(static_cast<std::uint8_t>(line.opened));
  out.put(static_cast<std::uint8_t>(line.permutation != nullptr));
  out.put_all(line.lobby_entries, line.serving, line.claimed);
  out.put_raw(line.lobby_digest.data(), line.lobby_digest.size());
  out.put_raw(line.seed.data(), line.seed.size());
  line.controller.save(out);
  out.put(line.places.size());
  for (std::uint32_t entry = 1; entry <= line.places.size(); ++entry) {
    const Place& place = line.places[entry];
    out.put_all(place.buyer, static_cast<std::int64_t>(place.expires),
                static_cast<std::uint8_t>(place.mark()), static_cast<std::uint8_t>(place.passes));
  }
}

void save_sale(const SaleState& s, ByteWriter& out) {
  encode(*s.rules, out);
  out.put(static_cast<std::uint8_t>(s.phase));
  out.put(static_cast<std::uint8_t>(s.reason));
  for (const ItemState& item : s.items) {
    out.put(item.units.stock());
    std::uint32_t returned = 0;
    item.units.each_returned([&returned](std::uint32_t) { ++returned; });
    out.put(returned);
    item.units.each_returned([&out](std::uint32_t unit) { out.put(unit); });
    out.put(static_cast<std::uint32_t>(item.line.paid().size()));
    for (const Index order : item.line.paid()) out.put(order);
  }
  save_front(s, out);
}

}  // namespace

void BookState::save(ByteWriter& out) const {
  out.put(kMagic);
  out.put(kVersion);
  const std::size_t sum_at = out.size() + sizeof(std::uint64_t);
  out.put_all(std::uint64_t{0}, std::uint64_t{0});  // size and checksum, known only at the end
  const std::size_t start = out.size();
  std::size_t front = 0;
  for (const auto& s : sales) {
    if (s->queue != nullptr) front += 16'384 + kPlaceBytes * s->queue->places.size();
    if (s->registrations != nullptr)
      front += kRegistrationBytes * s->registrations->records().size();
  }
  // The writer waits while this runs: the buffer must not be copied because it grows.
  out.reserve(start + front + 4096 * (1 + sales.size()) + kOrderBytes * orders.size() +
              kUnitBytes * (orders.size() + unit_pool.size()) + kPaymentBytes * payments.size() +
              kEntryBytes * entries.size() + kLineBytes * (entries.size() + line_pool.size()));
  out.put(node);
  out.put(last_id);
  out.put(static_cast<std::uint32_t>(sales.size()));
  for (const auto& s : sales) save_sale(*s, out);

  out.put(orders.size());
  for (Index i = 0; i < orders.size(); ++i) {
    const Order& o = orders[i];
    out.put_all(o.id, o.buyer, o.key, o.deadline, o.amount, o.sale,
                static_cast<std::uint8_t>(o.state), o.unit_count);
    each_unit(o, [&out](std::uint16_t item, std::uint32_t unit) { out.put_all(item, unit); });
  }
  out.put(payments.size());
  for (Index i = 0; i < payments.size(); ++i) {
    const Payment& p = payments[i];
    out.put_all(p.id, p.captured, p.order, static_cast<std::uint8_t>(p.state),
                static_cast<std::uint8_t>(p.money));
  }
  out.put(entries.size());
  for (Index i = 0; i < entries.size(); ++i) {
    const StandbyEntry& e = entries[i];
    out.put_all(e.id, e.buyer, e.key, e.sale, static_cast<std::uint8_t>(e.state), e.line_count);
    each_line(e, [&out](std::uint16_t item, std::uint16_t quantity, std::uint32_t) {
      out.put_all(item, quantity);
    });
  }
  const Bytes body = out.written(start);
  out.patch(sum_at - sizeof(std::uint64_t), static_cast<std::uint64_t>(body.size()));
  out.patch(sum_at, checksum(body));
}

// Rebuilds a state. Each step returns what is wrong, or nullptr. Nothing is allocated that the
// bytes do not prove: counts are followed by as many records.
class SnapshotReader {
 public:
  SnapshotReader(BookState& book, ByteReader& in) : book_(book), in_(in) {}

  Problem read() {
    book_.node = in_.get<std::uint16_t>();
    book_.last_id = in_.get<std::uint64_t>();
    if (book_.node >= 1024) return "a node out of range";
    for (const auto step : {&SnapshotReader::read_sales, &SnapshotReader::read_orders,
                            &SnapshotReader::read_payments, &SnapshotReader::read_entries,
                            &SnapshotReader::join_paid_standby, &SnapshotReader::sum_money}) {
      if (const Problem p = (this->*step)()) return p;
      if (!in_.ok()) return "cut off";
    }
    return in_.at_end() ? nullptr : "bytes after the end";
  }

 private:
  template <class Enum>
  Enum get_enum(Enum last) {
    const auto byte = in_.get<std::uint8_t>();
    if (byte > static_cast<std::uint8_t>(last)) in_.fail();
    return in_.ok() ? static_cast<Enum>(byte) : Enum{};
  }
  // A number of records of at least `size` bytes each.
  std::uint32_t get_count(std::size_t size) {
    const auto count = in_.get<std::uint32_t>();
    if (count > in_.remaining() / size) in_.fail();
    return in_.ok() ? count : 0;
  }

  Problem read_sales() {
    const std::uint32_t count = get_count(1);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (const Problem p = read_sale(SaleNo{i + 1})) return p;
    }
    return nullptr;
  }

  Problem read_sale(SaleNo no) {
    Result<SaleRules> rules = decode_rules(in_);
    if (!rules || !check_rules(*rules)) return "rules that are not valid";
    auto shared = std::make_shared<const SaleRules>(std::move(*rules));
    if (!book_.by_key.emplace(shared->key, no).second) return "two sales of one key";
    auto& s = *book_.sales.emplace_back(std::make_unique<SaleState>());
    s.rules = shared;
    s.phase = get_enum(Phase::settled);
    s.reason = get_enum(PhaseReason::drained);
    if (s.phase != Phase::settled) book_.unsettled.push_back(no);
    s.dirty.resize(shared->items.size());
    for (std::size_t i = 0; i < shared->items.size(); ++i) {
      const auto stock = in_.get<std::uint32_t>();
      if (stock > kStockMax || stock < shared->items[i].stock) return "a stock out of range";
      ItemState& item = s.items.emplace_back(ItemState{UnitLedger{stock}, StandbyLine{}});
      s.unpaid += stock;
      const std::uint32_t returned = get_count(sizeof(std::uint32_t));
      for (std::uint32_t k = 0; k < returned; ++k) {
        if (!item.units.restore_returned(in_.get<std::uint32_t>()))
          return "a free unit that is not free";
      }
      const std::uint32_t paid = get_count(sizeof(Index));
      for (std::uint32_t k = 0; k < paid; ++k)
        paid_standby_.push_back({no, static_cast<std::uint16_t>(i), in_.get<Index>()});
    }
    return read_front(s);
  }

  Problem read_front(SaleState& s) {
    for (std::string* text : {&s.notice.en, &s.notice.zh, &s.beacon}) *text = in_.get_text();
    const std::uint32_t registered = get_count(kRegistrationBytes);
    if (registered > 0) s.registrations = std::make_unique<Registrations>();
    for (std::uint32_t i = 0; i < registered; ++i) {
      const auto buyer = in_.get<std::uint64_t>();
      if (buyer == 0) return "a registration of nobody";
      s.registrations->set(buyer, in_.get<std::int64_t>());
      if (s.registrations->records().size() != i + 1) return "a buyer registered twice";
    }
    if (s.rules->line.on()) return read_line(s);
    return nullptr;
  }

  Problem read_line(SaleState& s) {
    s.queue = std::make_unique<LineState>(*s.rules);
    LineState& line = *s.queue;
    line.opened = in_.get<std::uint8_t>() != 0;
    const bool drawn = in_.get<std::uint8_t>() != 0;
    line.lobby_entries = in_.get<std::uint32_t>();
    line.serving = in_.get<std::uint32_t>();
    line.claimed = in_.get<std::uint32_t>();
    for (Digest* digest : {&line.lobby_digest, &line.seed}) {
      const Bytes raw = in_.get_raw(digest->size());
      if (!in_.ok()) return "cut off";
      std::copy(raw.begin(), raw.end(), digest->begin());
    }
    if (!line.controller.load(in_)) return "cut off";
    const std::uint32_t count = get_count(kPlaceBytes);
    if (line.serving > count || line.lobby_entries > count || count > kPlacesMax ||
        (drawn && s.rules->line.mode != LineMode::draw)) {
      return "a line out of range";
    }
    if (drawn) line.permutation = std::make_unique<Permutation>(line.seed, line.lobby_entries);
    for (std::uint32_t i = 0; i < count; ++i) {
      Place place;
      place.buyer = in_.get<std::uint64_t>();
      place.expires = in_.get<std::int64_t>();
      const PlaceMark mark = get_enum(PlaceMark::left);
      place.set(mark);
      place.passes = in_.get<std::uint8_t>() & 0x1f;
      if (place.buyer == 0) return "a place of nobody";
      if (const std::uint32_t before = line.places.newest_of(place.buyer))
        place.nth = (line.places[before].nth + 1U) & 0xff;
      const std::uint32_t entry = line.places.add(place);
      if (mark != PlaceMark::left) continue;
      ++line.left;
      if (!line.opened || line.number_of(entry, s.rules->line.mode) > line.serving)
        ++line.left_waiting;
    }
    return nullptr;
  }

  Problem read_orders() {
    const std::uint32_t count = get_count(kOrderBytes + kUnitBytes);
    std::uint64_t last = 0;
    for (Index i = 0; i < count; ++i) {
      Order o;
      o.id = in_.get<std::uint64_t>();
      o.buyer = in_.get<std::uint64_t>();
      o.key = in_.get<std::uint64_t>();
      o.deadline = in_.get<std::int64_t>();
      o.amount = in_.get<std::int64_t>();
      o.sale = in_.get<std::uint32_t>();
      o.state = get_enum(OrderState::declined);
      const auto units_count = in_.get<std::uint8_t>();
      SaleState* s = book_.sale(SaleNo{o.sale});
      if (s == nullptr || o.id <= last || o.id > book_.last_id || o.buyer == 0 || o.amount < 0) {
        return "an order out of range";
      }
      last = o.id;
      if (const Problem p = read_units(*s, o, i, units_count)) return p;
    }
    for (Index i = 0; i < count; ++i) {
      if (i + kLookAhead < count) prefetch_buyer(book_.orders[i + kLookAhead]);
      book_.link_order(*book_.sale(SaleNo{book_.orders[i].sale}), i);
    }
    return nullptr;
  }

  template <class Record>
  void prefetch_buyer(const Record& record) const {
    book_.sale(SaleNo{record.sale})->buyers.prefetch(record.buyer);
  }

  Problem read_units(SaleState& s, Order& o, Index index, std::uint8_t count) {
    Units units;
    if (count == 0 || count > kUnitsPerOrderMax) return "an order of no or too many units";
    for (std::uint8_t u = 0; u < count; ++u) {
      const ItemNo item{in_.get<std::uint16_t>()};
      const UnitNo unit{in_.get<std::uint32_t>()};
      if (item.value() >= s.items.size() || unit.value() == 0 ||
          unit.value() > s.items[item.value()].units.stock()) {
        return "an order of a unit that does not exist";
      }
      units.push_back({item, unit});
    }
    book_.set_units(o, units);
    book_.orders.push_back(o);
    if (o.state == OrderState::awaiting_payment || o.state == OrderState::paid) {
      if (const Problem p = book_.take_units(s, index, units)) return p;
    }
    return o.state == OrderState::paid ? book_.pay_units(s, index) : nullptr;
  }

  Problem read_payments() {
    const std::uint32_t count = get_count(kPaymentBytes);
    std::uint64_t last = 0;
    for (Index i = 0; i < count; ++i) {
      Payment p;
      p.id = in_.get<std::uint64_t>();
      p.captured = in_.get<std::int64_t>();
      p.order = in_.get<Index>();
      p.state = get_enum(PaymentState::refunded);
      p.money = get_enum(MoneyAt::refund);
      const bool here = p.state >= PaymentState::captured;
      if (p.id <= last || p.id > book_.last_id || p.order >= book_.orders.size() ||
          here != (p.money != MoneyAt::nowhere) || here != (p.captured > 0)) {
        return "a payment out of range";
      }
      last = p.id;
      Order& order = book_.orders[p.order];
      p.older_of_order = order.payment;
      order.payment = i;
      book_.payments.push_back(p);
    }
    return nullptr;
  }

  Problem read_entries() {
    const std::uint32_t count = get_count(kEntryBytes + kLineBytes);
    std::uint64_t last = 0;
    for (Index i = 0; i < count; ++i) {
      StandbyEntry e;
      e.id = in_.get<std::uint64_t>();
      e.buyer = in_.get<std::uint64_t>();
      e.key = in_.get<std::uint64_t>();
      e.sale = in_.get<std::uint32_t>();
      e.state = get_enum(EntryState::closed);
      e.line_count = in_.get<std::uint8_t>();
      SaleState* s = book_.sale(SaleNo{e.sale});
      if (s == nullptr || e.id <= last || e.id > book_.last_id || e.buyer == 0 ||
          e.line_count == 0 || e.line_count > kLinesMax) {
        return "a standby entry out of range";
      }
      last = e.id;
      if (const Problem p = read_lines(*s, e, i)) return p;
      if (e.state == EntryState::waiting) ++s->waiting;
      book_.entries.push_back(e);
    }
    for (Index i = 0; i < count; ++i) {
      if (i + kLookAhead < count) prefetch_buyer(book_.entries[i + kLookAhead]);
      StandbyEntry& e = book_.entries[i];
      BuyerRefs& refs = book_.sale(SaleNo{e.sale})->buyers[e.buyer];
      e.older_of_buyer = refs.entry;
      refs.entry = i;
    }
    return nullptr;
  }

  Problem read_lines(SaleState& s, StandbyEntry& e, Index index) {
    const std::uint32_t pool_start = book_.line_pool.size();
    for (std::uint8_t k = 0; k < e.line_count; ++k) {
      const auto item = in_.get<std::uint16_t>();
      const auto quantity = in_.get<std::uint16_t>();
      if (item >= s.items.size() || quantity == 0 || quantity > kUnitsPerOrderMax) {
        return "a standby line out of range";
      }
      const std::uint32_t slot =
          e.state == EntryState::waiting ? s.items[item].line.join(index) : 0;
      if (e.line_count == 1) {
        e.item = item;
        e.quantity = quantity;
        e.slot = slot;
      } else {
        book_.line_pool.push_back({item, quantity, slot});
      }
    }
    if (e.line_count > 1) e.slot = pool_start;
    return nullptr;
  }

  Problem join_paid_standby() {
    for (const auto& [no, item, order] : paid_standby_) {
      if (order >= book_.orders.size() || book_.orders[order].sale != no.value() ||
          book_.orders[order].state != OrderState::paid_standby) {
        return "a paid place of an order that does not wait";
      }
      book_.sale(no)->items[item].line.join_paid(order);
    }
    for (Index i = 0; i < book_.orders.size(); ++i) {
      const Order& order = book_.orders[i];
      if (order.state != OrderState::paid_standby) continue;
      SaleState& s = *book_.sale(SaleNo{order.sale});
      ++s.waiting;
      for (const Line& line : book_.lines_of(order)) {
        const auto& paid = s.items[line.item.value()].line.paid();
        if (std::count(paid.begin(), paid.end(), i) != 1) return "an order without its paid place";
      }
      if (book_.paying_payment(order) == kNone) return "paid standby without a payment";
    }
    return nullptr;
  }

  Problem sum_money() {
    for (Index i = 0; i < book_.payments.size(); ++i) {
      const Payment& p = book_.payments[i];
      SaleState& s = *book_.sale(SaleNo{book_.orders[p.order].sale});
      if (__builtin_add_overflow(s.money.captured.minor, p.captured, &s.money.captured.minor)) {
        return "more money than can be counted";
      }
      if (p.state == PaymentState::refund_due) ++s.refunds_due;
      switch (p.money) {
        case MoneyAt::nowhere:
          break;
        case MoneyAt::fulfilled:
          s.money.fulfilled += Money{p.captured};
          break;
        case MoneyAt::standby:
          s.money.standby += Money{p.captured};
          break;
        case MoneyAt::refund:
          (p.state == PaymentState::refunded ? s.money.refunded : s.money.refund_due) +=
              Money{p.captured};
          break;
      }
    }
    // The first live call looks at every line, as after a crash.
    for (const auto& s : book_.sales) s->mark_all();
    return nullptr;
  }

  struct PaidPlace {
    SaleNo sale;
    std::uint16_t item;
    Index order;
  };

  BookState& book_;
  ByteReader& in_;
  std::vector<PaidPlace> paid_standby_;
};

Problem BookState::load(ByteReader& in) {
  const auto magic = in.get<std::uint32_t>();
  const auto version = in.get<std::uint32_t>();
  const auto size = in.get<std::uint64_t>();
  const auto sum = in.get<std::uint64_t>();
  if (!in.ok() || magic != kMagic) return "not a snapshot";
  if (version != kVersion) return "of an unknown version";
  const Bytes body = in.get_raw(size);
  if (!in.ok()) return "cut off";
  if (checksum(body) != sum) return "damaged: its checksum differs";
  ByteReader reader(body);
  return SnapshotReader(*this, reader).read();
}

}  // namespace onrush::sale
