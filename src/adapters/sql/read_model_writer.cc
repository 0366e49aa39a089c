#include "adapters/sql/read_model_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "adapters/sql/bulk_rows.h"
#include "adapters/sql/lower_case.h"
#include "adapters/sql/schema.h"

namespace onrush::sql {

namespace {

const Table& table(std::string_view name) {
  const auto tables = read_model_tables();
  return *std::find_if(tables.begin(), tables.end(),
                       [&](const Table& t) { return t.name == name; });
}

std::string insert_into(std::string_view name) {
  return fmt::format("INSERT INTO {} ({}) VALUES ", name, table(name).column_list());
}

// Calls `use` with "1,2,3" lists of at most BulkRows::kRowsMax ids, in order.
template <class Ids, class Use>
void in_lists(const Ids& ids, Use&& use) {
  std::vector<std::uint64_t> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); i += BulkRows::kRowsMax) {
    const auto first = sorted.begin() + static_cast<std::ptrdiff_t>(i);
    const auto count = std::min(BulkRows::kRowsMax, sorted.size() - i);
    use(fmt::format("{}", fmt::join(first, first + static_cast<std::ptrdiff_t>(count), ",")));
  }
}

// In key order: neighbours in the tree are written together.
template <class Map>
std::vector<typename Map::const_pointer> in_order(const Map& map) {
  std::vector<typename Map::const_pointer> rows;
  rows.reserve(map.size());
  for (const auto& entry : map) rows.push_back(&entry);
  std::sort(rows.begin(), rows.end(), [](auto a, auto b) { return a->first < b->first; });
  return rows;
}

std::int64_t stored(std::uint64_t id) {
  return static_cast<std::int64_t>(id);
}

template <class Enum>
std::int64_t stored_enum(Enum value) {
  return static_cast<std::int64_t>(value);
}

// Batches after `position`, or an error if they do not follow it.
std::span<const ports::JournalBatch> not_yet_applied(std::span<const ports::JournalBatch> batches,
                                                     std::uint64_t position) {
  std::size_t skip = 0;
  std::uint64_t next = position + 1;
  bool skipping = true;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const auto& batch = batches[i];
    const std::uint64_t end = batch.first_seq + batch.events.size();
    if (skipping && end <= position + 1) {
      skip = i + 1;
      continue;
    }
    skipping = false;
    if (batch.first_seq < next) {
      throw SqlFailure(corrupt(fmt::format("the batch at {} overlaps the read model's position {}",
                                           batch.first_seq, next - 1)));
    }
    if (batch.first_seq > next) {
      throw SqlFailure(corrupt(fmt::format("the journal goes from {} to {}: events are missing",
                                           next - 1, batch.first_seq)));
    }
    next = end;
  }
  return batches.subspan(skip);
}

}  // namespace

std::uint64_t RowWriter::position() {
  return static_cast<std::uint64_t>(
      connection_.query_integer("SELECT COALESCE(MAX(seq), 0) FROM position"));
}

void RowWriter::apply(std::span<const ports::JournalBatch> batches) {
  WriteTransaction transaction(connection_);
  const auto todo = not_yet_applied(batches, position());
  if (todo.empty()) return;
  try {
    load_sales();
    apply_events(todo);
    write_position(todo.back().first_seq + todo.back().events.size() - 1);
    transaction.commit();
  } catch (const SqlFailure& failure) {
    sales_loaded_ = false;  // what is in memory may be ahead of the database now
    if (failure.is_duplicate()) {
      throw SqlFailure(corrupt("the journal makes a row that the read model has already"));
    }
    throw;
  } catch (...) {
    sales_loaded_ = false;
    throw;
  }
}

void RowWriter::apply_events(std::span<const ports::JournalBatch> batches) {
  const auto due = reminder_due(batches);
  if (!due) return apply_run(batches);
  const auto at = batches.begin() + static_cast<std::ptrdiff_t>(due->batch);
  const auto cut = static_cast<std::ptrdiff_t>(due->event + 1);
  std::vector<ports::JournalBatch> before(batches.begin(), at + 1);
  std::vector<ports::JournalBatch> after(at, batches.end());
  before.back().events.erase(before.back().events.begin() + cut, before.back().events.end());
  after.front().events.erase(after.front().events.begin(), after.front().events.begin() + cut);
  after.front().first_seq += due->event + 1;
  apply_run(before);
  remind(due->sale, at->at);
  apply_events(after);
}

void RowWriter::apply_run(std::span<const ports::JournalBatch> batches) {
  Changes changes(sales_);
  load_wanted(wanted_rows(batches), changes);
  for (const auto& batch : batches) {
    std::uint64_t seq = batch.first_seq;
    for (const auto& event : batch.events) changes.apply(event, seq++, batch.at);
  }
  write(changes);
}

// One reminder for each registration, for ever: who registers again is not reminded again.
void RowWriter::remind(std::int64_t sale, TimePoint at) {
  connection_.run(fmt::format(
      "INSERT INTO reminders ({}) SELECT (SELECT COALESCE(MAX(no), 0) FROM reminders) + "
      "ROW_NUMBER() OVER (ORDER BY r.id), r.id, r.sale, r.buyer, {} FROM registrations r "
      "WHERE r.sale = {} AND r.state = 1 AND NOT EXISTS (SELECT 1 FROM reminders m WHERE "
      "m.registration = r.id)",
      table("reminders").column_list(), to_millis(at), sale));
}

void RowWriter::load_sales() {
  if (sales_loaded_) return;
  sales_.clear();
  const Table& sales = table("sales");
  connection_.query(fmt::format("SELECT {} FROM sales", sales.column_list()), sales.shape(), {},
                    [&](const Row& row) {
                      SaleRecord& sale = sales_[row.integer(0)];
                      sale.key = row.text(1);
                      sale.title_en = row.text(2);
                      sale.title_zh = row.text(3);
                      sale.currency = row.text(4);
                      sale.phase = row.integer(5);
                      sale.reason = row.integer(6);
                      sale.lobby_at = row.integer(7);
                      sale.opens_at = row.integer(8);
                      sale.closes_at = row.integer(9);
                      sale.defined_at = row.integer(10);
                      sale.updated_at = row.integer(11);
                    });
  const Table& items = table("items");
  connection_.query(fmt::format("SELECT {} FROM items ORDER BY sale, item", items.column_list()),
                    items.shape(), {}, [&](const Row& row) {
                      sales_[row.integer(0)].items.push_back(
                          {row.text(2), row.text(3), row.text(4), row.integer(5), row.integer(6)});
                    });
  sales_loaded_ = true;
}

void RowWriter::load_wanted(const Wanted& wanted, Changes& changes) {
  const auto load = [&](const auto& ids, std::string_view name, auto&& on_row) {
    in_lists(ids, [&](const std::string& list) {
      connection_.query(
          fmt::format("SELECT {} FROM {} WHERE id IN ({})", table(name).column_list(), name, list),
          table(name).shape(), {}, on_row);
    });
  };
  load(wanted.orders, "orders", [&](const Row& row) {
    OrderChange& order = changes.orders[row.id(0)];
    order.sale = row.integer(1);
    order.buyer = row.integer(2);
    order.state = static_cast<sale::OrderState>(row.integer(3));
    order.created_at = row.integer(4);
    order.updated_at = row.integer(5);
    order.deadline = row.integer(6);
    order.amount = row.integer(7);
    order.version = order.stored_version = row.integer(8);
  });
  load(wanted.payments, "payments", [&](const Row& row) {
    PaymentChange& payment = changes.payments[row.id(0)];
    payment.order = row.integer(1);
    payment.sale = row.integer(2);
    payment.buyer = row.integer(3);
    payment.state = static_cast<sale::PaymentState>(row.integer(4));
    payment.amount = row.integer(5);
    payment.captured = row.integer(6);
    payment.refund_reason = row.integer(7);
    payment.started_at = row.integer(8);
    payment.updated_at = row.integer(9);
    payment.stored = true;
  });
  load(wanted.standby, "standby_entries", [&](const Row& row) {
    StandbyChange& entry = changes.standby[row.id(0)];
    entry.sale = row.integer(1);
    entry.buyer = row.integer(2);
    entry.state = static_cast<StandbyState>(row.integer(3));
    entry.joined_at = row.integer(4);
    entry.updated_at = row.integer(5);
    entry.order = row.integer(6);
    entry.stored = true;
  });
}

void RowWriter::write(Changes& changes) {
  write_sales();
  write_orders(changes);
  write_payments(changes);
  write_standby(changes);
  write_registrations(changes);
  write_buyers(changes);
  write_logs(changes);
}

void RowWriter::write_sales() {
  static constexpr std::array<std::string_view, 10> replaced{
      "title_en", "title_zh", "currency",  "phase",      "reason",
      "lobby_at", "opens_at", "closes_at", "updated_at", "search_text"};
  BulkRows rows(connection_, insert_into("sales"),
                connection_.dialect().or_merge("sales", "id", replaced));
  BulkRows items(connection_, insert_into("items"));
  for (auto& [no, sale] : sales_) {
    if (sale.changed) {
      rows.add(no, sale.key, sale.title_en, sale.title_zh, sale.currency, sale.phase, sale.reason,
               sale.lobby_at, sale.opens_at, sale.closes_at, sale.defined_at, sale.updated_at,
               search_text({sale.key, sale.title_en, sale.title_zh}));
    }
    if (sale.items_changed) {
      connection_.run(fmt::format("DELETE FROM items WHERE sale = {}", no));
      for (std::size_t i = 0; i < sale.items.size(); ++i) {
        const auto& item = sale.items[i];
        items.add(no, static_cast<std::int64_t>(i), item.key, item.title_en, item.title_zh,
                  item.stock, item.price, search_text({item.key, item.title_en, item.title_zh}));
      }
    }
    sale.changed = sale.items_changed = false;
  }
  rows.finish();
  items.finish();
}

void RowWriter::write_orders(const Changes& changes) {
  static constexpr std::array<std::string_view, 3> changing{"state", "updated_at", "version"};
  const auto update = connection_.dialect().bulk_update("orders", "id", "version", changing);
  BulkRows fresh(connection_, insert_into("orders"));
  BulkRows changed(connection_, update.before, update.after);
  BulkRows units(connection_, insert_into("order_units"));
  std::vector<std::uint64_t> regranted;
  const auto rows = in_order(changes.orders);
  for (const auto* row : rows) {
    const auto& [id, order] = *row;
    if (order.stored_version == 0) {
      fresh.add(stored(id), order.sale, order.buyer, stored_enum(order.state), order.created_at,
                order.updated_at, order.deadline, order.amount, order.version);
    } else if (order.version != order.stored_version) {
      changed.add(stored(id), order.stored_version, stored_enum(order.state), order.updated_at,
                  order.version);
      if (order.units_changed) regranted.push_back(id);
    }
  }
  fresh.finish();
  if (changed.finish() != changed.added()) {
    throw SqlFailure(corrupt("an order was changed by somebody else than the projector"));
  }
  in_lists(regranted, [&](const std::string& list) {
    connection_.run(fmt::format("DELETE FROM order_units WHERE order_id IN ({})", list));
  });
  for (const auto* row : rows) {
    const auto& [id, order] = *row;
    if (!order.units_changed) continue;
    for (const auto& unit : order.units) {
      units.add(stored(id), std::int64_t{unit.item.value()}, std::int64_t{unit.unit.value()});
    }
  }
  units.finish();
}

void RowWriter::write_payments(const Changes& changes) {
  static constexpr std::array<std::string_view, 4> replaced{"state", "captured", "refund_reason",
                                                            "updated_at"};
  BulkRows fresh(connection_, insert_into("payments"));
  BulkRows changed(connection_, insert_into("payments"),
                   connection_.dialect().or_merge("payments", "id", replaced));
  for (const auto* row : in_order(changes.payments)) {
    const auto& [id, payment] = *row;
    if (!payment.changed) continue;
    (payment.stored ? changed : fresh)
        .add(stored(id), payment.order, payment.sale, payment.buyer, stored_enum(payment.state),
             payment.amount, payment.captured, payment.refund_reason, payment.started_at,
             payment.updated_at);
  }
  fresh.finish();
  changed.finish();
}

void RowWriter::write_standby(const Changes& changes) {
  static constexpr std::array<std::string_view, 3> replaced{"state", "updated_at", "order_id"};
  BulkRows fresh(connection_, insert_into("standby_entries"));
  BulkRows changed(connection_, insert_into("standby_entries"),
                   connection_.dialect().or_merge("standby_entries", "id", replaced));
  BulkRows lines(connection_, insert_into("standby_lines"));
  for (const auto* row : in_order(changes.standby)) {
    const auto& [id, entry] = *row;
    if (!entry.changed) continue;
    (entry.stored ? changed : fresh)
        .add(stored(id), entry.sale, entry.buyer, stored_enum(entry.state), entry.joined_at,
             entry.updated_at, entry.order);
    if (entry.stored) continue;
    for (const auto& line : entry.lines) {
      lines.add(stored(id), std::int64_t{line.item.value()}, std::int64_t{line.quantity});
    }
  }
  fresh.finish();
  changed.finish();
  lines.finish();
}

void RowWriter::write_registrations(const Changes& changes) {
  static constexpr std::array<std::string_view, 3> replaced{"state", "registered_at", "updated_at"};
  BulkRows rows(connection_, insert_into("registrations"),
                connection_.dialect().or_merge("registrations", "sale, buyer", replaced));
  for (const auto& [key, row] : changes.registrations) {
    rows.add(key.first, key.second, row.id, std::int64_t{row.registered ? 1 : 0}, row.registered_at,
             row.updated_at);
  }
  rows.finish();
}

void RowWriter::write_buyers(const Changes& changes) {
  static constexpr std::array<std::string_view, 1> replaced{"last_seen_at"};
  static constexpr std::array<std::string_view, 2> added{"orders", "orders_paid"};
  BulkRows rows(connection_, insert_into("buyers"),
                connection_.dialect().or_merge("buyers", "id", replaced, added));
  for (const auto* row : in_order(changes.buyers)) {
    const auto& [id, buyer] = *row;
    rows.add(stored(id), buyer.first_seen_at, buyer.last_seen_at, buyer.orders, buyer.orders_paid);
  }
  rows.finish();
}

void RowWriter::write_logs(const Changes& changes) {
  BulkRows acts(connection_, insert_into("staff_acts"));
  for (const auto& act : changes.acts) {
    acts.add(act.seq, act.at, act.actor, act.act, act.sale, act.detail);
  }
  acts.finish();
  // One mail of a kind for an order, for ever: of two refunds of one order, the first is told.
  BulkRows mails(connection_, insert_into("mail_outbox"),
                 std::string(connection_.dialect().or_nothing));
  for (const auto& mail : changes.mails) {
    mails.add(mail.id, mail.order, mail.kind, mail.buyer, mail.at);
  }
  mails.finish();
}

void RowWriter::write_position(std::uint64_t seq) {
  static constexpr std::array<std::string_view, 1> replaced{"seq"};
  BulkRows row(connection_, insert_into("position"),
               connection_.dialect().or_merge("position", "id", replaced));
  row.add(std::int64_t{1}, stored(seq));
  row.finish();
}

}  // namespace onrush::sql
