#include "unit/sql/histories.h"

#include <stdlib.h>

#include <cstdlib>
#include <stdexcept>

namespace onrush::testing {

namespace event = sale::event;
using sale::BuyerId;
using sale::ItemNo;
using sale::Money;
using sale::OrderId;
using sale::PaymentId;
using sale::SaleNo;
using sale::StandbyId;
using sale::UnitNo;

namespace {
constexpr std::int64_t kPrice = 9'900;
const SaleNo kSale{1};
}  // namespace

PrivateDirectory::PrivateDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "onrush-sql-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a directory");
  path_ = name;
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

History& History::batch(std::vector<sale::Event> events) {
  ports::JournalBatch batch;
  batch.first_seq = next_seq_;
  batch.at = from_millis(now_++);
  next_seq_ += events.size();
  batch.events = std::move(events);
  batches_.push_back(std::move(batch));
  return *this;
}

sale::RulesPtr example_rules() {
  auto rules = std::make_shared<sale::SaleRules>();
  rules->key = "618";
  rules->title = {"Mid-year sale", "年中大促"};
  rules->currency = "CNY";
  rules->lobby_at = from_millis(kEpoch);
  rules->opens_at = from_millis(kEpoch + 1'000);
  rules->closes_at = from_millis(kEpoch + 1'000'000);
  sale::ItemRules bank;
  bank.key = "power-bank";
  bank.title = {"Power bank 20000 mAh", "充电宝"};
  bank.stock = 1'000;
  bank.price = Money{kPrice};
  sale::ItemRules phone;
  phone.key = "phone";
  phone.title = {"Phone 100%", ""};
  phone.stock = 10;
  phone.price = Money{399'900};
  rules->items = {bank, phone};
  return rules;
}

event::SaleDefined define_example() {
  return {kSale, example_rules(), "olga"};
}

event::HoldGranted grant(std::uint64_t order, std::uint64_t buyer, std::uint32_t unit,
                         std::uint64_t standby, std::uint16_t item) {
  event::HoldGranted e;
  e.sale = kSale;
  e.order = OrderId{order};
  e.buyer = BuyerId{buyer};
  e.standby = StandbyId{standby};
  e.deadline = from_millis(kEpoch + 600'000);
  e.amount = Money{kPrice};
  e.units.push_back({ItemNo{item}, UnitNo{unit}});
  return e;
}

event::PaymentStarted start_payment(std::uint64_t payment, std::uint64_t order,
                                    std::uint64_t buyer) {
  return {kSale, PaymentId{payment}, OrderId{order}, BuyerId{buyer}, Money{kPrice}};
}

event::PaymentCaptured capture(std::uint64_t payment, std::uint64_t order, std::uint64_t buyer,
                               event::MoneyUse use, sale::Units units) {
  return {kSale, PaymentId{payment}, OrderId{order}, BuyerId{buyer}, Money{kPrice},
          use,   std::move(units)};
}

namespace {

// Random, but each event may follow from those before it.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  History run(std::size_t events) {
    emit(define_example());
    emit(event::PhaseChanged{kSale, sale::Phase::draft, sale::Phase::open, sale::PhaseReason::staff,
                             "olga", ""});
    while (made_ < events) step();
    close_batch();
    return std::move(history_);
  }

 private:
  struct Held {
    std::uint64_t order, buyer, payment;
  };

  std::uint32_t below(std::uint32_t n) {
    return std::uniform_int_distribution<std::uint32_t>(0, n - 1)(random_);
  }
  void emit(sale::Event e) {
    batch_.push_back(std::move(e));
    ++made_;
    if (below(8) == 0) close_batch();
  }
  void close_batch() {
    if (!batch_.empty()) history_.batch(std::move(batch_));
    batch_.clear();
  }
  Held take(std::vector<Held>& from) {
    const auto i = below(static_cast<std::uint32_t>(from.size()));
    std::swap(from[i], from.back());
    const Held held = from.back();
    from.pop_back();
    return held;
  }

  void step() {
    const auto dice = below(100);
    if (dice < 40) return new_order(0);
    if (dice < 55 && !held_.empty()) return pay();
    if (dice < 75 && !held_.empty()) return end_hold();
    if (dice < 82) return join_standby();
    if (dice < 86 && !waiting_.empty()) return leave_standby();
    if (dice < 91 && !expired_.empty()) return late_money();
    if (dice < 95 && !paid_.empty()) return refund();
    if (dice < 97) return emit(event::Restocked{kSale, ItemNo{0}, 1 + below(5), "olga"});
    if (!held_.empty() && dice < 99) return confirm();
  }

  void new_order(std::uint64_t standby) {
    const Held held{++id_, 1 + below(500), 0};
    auto e = grant(held.order, held.buyer, ++unit_, standby);
    if (below(3) == 0) e.units.push_back({ItemNo{1}, UnitNo{unit_}});
    emit(std::move(e));
    held_.push_back(held);
  }
  void pay() {
    Held held = take(held_);
    held.payment = ++id_;
    emit(start_payment(held.payment, held.order, held.buyer));
    switch (below(4)) {
      case 0:
        emit(event::PaymentDeclined{kSale, PaymentId{held.payment}, OrderId{held.order},
                                    BuyerId{held.buyer}});
        return emit(event::HoldEnded{kSale, OrderId{held.order}, BuyerId{held.buyer},
                                     event::HoldEnd::declined});
      case 1:
        emit(event::PaymentUnknown{kSale, PaymentId{held.payment}, OrderId{held.order},
                                   BuyerId{held.buyer}});
        [[fallthrough]];
      default:
        emit(capture(held.payment, held.order, held.buyer));
        paid_.push_back(held);
    }
  }
  void end_hold() {
    Held held = take(held_);
    if (below(2) == 0) {
      held.payment = ++id_;
      emit(start_payment(held.payment, held.order, held.buyer));
    }
    const auto how = below(2) == 0 ? event::HoldEnd::expired : event::HoldEnd::released;
    emit(event::HoldEnded{kSale, OrderId{held.order}, BuyerId{held.buyer}, how});
    if (held.payment != 0) expired_.push_back(held);
    if (!waiting_.empty() && below(2) == 0) new_order(take(waiting_).order);
  }
  void join_standby() {
    const Held entry{++id_, 1 + below(500), 0};
    sale::Lines lines;
    lines.push_back({ItemNo{0}, 1});
    emit(event::StandbyJoined{kSale, StandbyId{entry.order}, BuyerId{entry.buyer}, 0, lines});
    waiting_.push_back(entry);
  }
  void leave_standby() {
    const Held entry = take(waiting_);
    emit(event::StandbyLeft{kSale, StandbyId{entry.order}, BuyerId{entry.buyer},
                            static_cast<event::StandbyEnd>(below(4))});
  }
  void late_money() {
    const Held held = take(expired_);
    const sale::Units units{{ItemNo{0}, UnitNo{++unit_}}};
    switch (below(4)) {
      case 0:
        emit(capture(held.payment, held.order, held.buyer, event::MoneyUse::fulfilled, units));
        return paid_.push_back(held);
      case 1:
        emit(capture(held.payment, held.order, held.buyer, event::MoneyUse::standby));
        emit(event::LateOrderFulfilled{kSale, PaymentId{held.payment}, OrderId{held.order},
                                       BuyerId{held.buyer}, units});
        return paid_.push_back(held);
      case 2:
        emit(capture(held.payment, held.order, held.buyer, event::MoneyUse::standby));
        return give_back(held, event::RefundReason::no_unit_left);
      default:
        emit(capture(held.payment, held.order, held.buyer, event::MoneyUse::refund));
        return give_back(held, event::RefundReason::late);
    }
  }
  void give_back(const Held& held, event::RefundReason why) {
    emit(event::RefundDue{kSale, PaymentId{held.payment}, OrderId{held.order}, BuyerId{held.buyer},
                          Money{kPrice}, why});
    if (below(4) == 0) return;
    emit(event::RefundSettled{kSale, PaymentId{held.payment}, OrderId{held.order},
                              BuyerId{held.buyer}, Money{kPrice}});
  }
  void refund() {
    const Held held = take(paid_);
    emit(event::OrderRefunded{kSale, OrderId{held.order}, BuyerId{held.buyer}, "sam", "broken"});
    if (held.payment != 0) give_back(held, event::RefundReason::staff);
  }
  void confirm() {
    const Held held = take(held_);
    emit(event::OrderConfirmed{kSale, OrderId{held.order}, BuyerId{held.buyer}, "sam"});
    paid_.push_back(held);
  }

  std::mt19937 random_;
  History history_;
  std::vector<sale::Event> batch_;
  std::size_t made_ = 0;
  std::uint64_t id_ = 7'000'000'000'000'000'000;
  std::uint32_t unit_ = 0;
  std::vector<Held> held_, paid_, expired_, waiting_;
};

}  // namespace

History random_history(std::uint32_t seed, std::size_t events) {
  return Generator(seed).run(events);
}

Result<bool> MemoryJournal::next(ports::JournalBatch& batch) {
  if (next_ == batches_.size()) return false;
  batch = batches_[next_++];
  return true;
}

}  // namespace onrush::testing
