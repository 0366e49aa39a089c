#include "scenario.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "sale/event_codec.h"

namespace onrush::sale::test {
namespace {

std::vector<std::string> split(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string trim(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Millis seconds(const std::string& text) {
  return Millis{std::llround(std::stod(text) * 1000)};
}

// "key=value" → value, or "".
std::string option(const std::vector<std::string>& words, const std::string& key) {
  for (const std::string& word : words) {
    if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
  }
  return "";
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const char* name(event::HoldEnd how) {
  constexpr const char* kNames[] = {"expired", "released", "declined", "cancelled"};
  return kNames[static_cast<int>(how)];
}
const char* name(event::StandbyEnd how) {
  constexpr const char* kNames[] = {"left", "unsatisfiable", "sold_out", "closed"};
  return kNames[static_cast<int>(how)];
}
const char* name(event::MoneyUse use) {
  constexpr const char* kNames[] = {"fulfilled", "standby", "refund"};
  return kNames[static_cast<int>(use)];
}
const char* name(event::RefundReason reason) {
  constexpr const char* kNames[] = {"late",  "duplicate", "amount_mismatch",
                                    "staff", "cancelled", "no_unit_left"};
  return kNames[static_cast<int>(reason)];
}

}  // namespace

SaleRules simple_rules(std::uint32_t stock) {
  SaleRules rules;
  rules.key = "sale";
  rules.title.en = "Sale";
  rules.lobby_at = rules.opens_at = kStart;
  rules.closes_at = kStart + std::chrono::hours{1};
  rules.hold = Millis{60'000};
  ItemRules item;
  item.key = "a";
  item.title.en = "A";
  item.stock = stock;
  item.price = Money{100};
  item.standby_capacity = 10;
  rules.items = {item};
  return rules;
}

std::vector<std::byte> bytes_of(const Book& book) {
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  book.save(out);
  return bytes;
}

std::vector<std::byte> bytes_of(const Event& event) {
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  encode(event, out);
  return bytes;
}

void Scenario::run(std::string_view table) {
  std::istringstream in{std::string(table)};
  for (std::string line; std::getline(in, line);) {
    line = trim(line.substr(0, line.find("//")));
    if (line.empty()) continue;
    SCOPED_TRACE(line);
    step(line);
    if (::testing::Test::HasFailure()) return;
  }
}

void Scenario::step(const std::string& line) {
  const auto arrow = line.find("->");
  std::vector<std::string> words = split(line.substr(0, arrow));
  if (words[0] == "sale" || words[0] == "item") return configure(words);
  now_ = kStart + seconds(words[0]);
  words.erase(words.begin());
  std::vector<Event> out;
  std::string got;
  if (words[0] == "tick") {
    const std::size_t budget = words.size() > 1 ? std::stoul(words[1]) : 1'000;
    got = book_.tick(now_, out, budget) ? "more" : "-";
  } else {
    got = show(book_.apply(parse(words), now_, out));
  }
  for (const Event& event : out) {
    std::vector<std::byte> bytes = bytes_of(event);
    ByteReader in(bytes);
    const auto decoded = decode_event(in);
    ASSERT_TRUE(decoded) << decoded.error().message;
    const Status replayed = replica_.replay(*decoded, now_);
    ASSERT_TRUE(replayed) << replayed.error().message;
    got += "; " + show(event);
    events_.push_back(event);
  }
  check_books();
  if (arrow != std::string::npos) {
    EXPECT_EQ(got, trim(line.substr(arrow + 2)));
  }
}

void Scenario::check_books() {
  EXPECT_EQ(book_.check_invariants(), "");
  EXPECT_EQ(replica_.check_invariants(), "");
  const auto bytes = bytes_of(book_);
  EXPECT_TRUE(bytes == bytes_of(replica_)) << "a replayed book differs";
  ByteReader in(bytes);
  const auto loaded = Book::load(in);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(bytes == bytes_of(*loaded)) << "a loaded book differs";
  EXPECT_EQ(loaded->check_invariants(), "");
}

void Scenario::configure(const std::vector<std::string>& words) {
  const auto set = [&words](const char* key, auto apply) {
    if (const std::string value = option(words, key); !value.empty()) apply(value);
  };
  const auto number = [](auto& field) {
    return [&field](const std::string& v) {
      field = static_cast<std::remove_reference_t<decltype(field)>>(std::stoul(v));
    };
  };
  if (words[0] == "item") {
    ItemRules rules = simple_rules().items[0];
    rules.key = words[1];
    set("stock", number(rules.stock));
    set("price", [&](const std::string& v) { rules.price.minor = std::stol(v); });
    set("per", number(rules.per_buyer));
    set("standby", number(rules.standby_capacity));
    rules_.items.push_back(rules);
    return;
  }
  set("line", [&](const std::string& v) {
    rules_.line.mode = v == "draw" ? LineMode::draw : LineMode::fifo;
    rules_.line.draw_secret.fill(std::byte{7});
  });
  set("rate", number(rules_.line.rate));
  set("active", number(rules_.line.active_max));
  set("capacity", number(rules_.line.capacity));
  set("pass", [&](const std::string& v) { rules_.line.pass = seconds(v); });
  set("claim", [&](const std::string& v) { rules_.line.claim = seconds(v); });
  set("registration", [&](const std::string& v) {
    rules_.admission.registration =
        v == "required" ? RegistrationMode::required : RegistrationMode::optional;
  });
  set("hold", [&](const std::string& v) { rules_.hold = seconds(v); });
  set("per_buyer", number(rules_.per_buyer));
  set("orders", number(rules_.orders_per_buyer));
  set("lobby", [&](const std::string& v) { rules_.lobby_at = kStart + seconds(v); });
  set("opens", [&](const std::string& v) { rules_.opens_at = kStart + seconds(v); });
  set("closes", [&](const std::string& v) { rules_.closes_at = kStart + seconds(v); });
  set("decline_ends", [&](const std::string& v) { rules_.decline_ends_hold = v == "yes"; });
  set("payment", [&](const std::string& v) {
    rules_.payment = v == "confirmation" ? PaymentMode::confirmation : PaymentMode::provider;
  });
  set("late", [&](const std::string& v) {
    rules_.late_money = v == "refund"    ? LateMoney::refund
                        : v == "standby" ? LateMoney::regrant_or_standby
                                         : LateMoney::regrant_or_refund;
  });
}

ItemNo Scenario::item(const std::string& key) const {
  for (std::size_t i = 0; i < rules_.items.size(); ++i) {
    if (rules_.items[i].key == key) return ItemNo{static_cast<std::uint16_t>(i)};
  }
  return ItemNo{999};
}

Lines Scenario::parse_lines(const std::string& text) {
  Lines parsed;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, '+');) {
    const auto star = part.find('*');
    const int quantity = star == std::string::npos ? 1 : std::stoi(part.substr(star + 1));
    parsed.push_back({item(part.substr(0, star)), static_cast<std::uint16_t>(quantity)});
  }
  return parsed;
}

OrderId Scenario::order(const std::string& text) {
  const auto dot = text.find('.');
  const auto& list = orders_[std::stoull(text.substr(0, dot))];
  const std::size_t n = dot == std::string::npos ? list.size() : std::stoul(text.substr(dot + 1));
  return n >= 1 && n <= list.size() ? list[n - 1] : OrderId{1};
}

PaymentId Scenario::payment(const std::string& text) {
  const auto slash = text.find('/');
  const auto& list = payments_[order(text.substr(0, slash)).value()];
  const std::size_t n =
      slash == std::string::npos ? list.size() : std::stoul(text.substr(slash + 1));
  return n >= 1 && n <= list.size() ? list[n - 1] : PaymentId{1};
}

Command Scenario::parse(const std::vector<std::string>& words) {
  using namespace command;
  const SaleNo sale{1};
  const std::string& verb = words[0];
  const auto buyer = [&words](std::size_t i) {
    return BuyerId{words.size() > i ? std::stoull(words[i]) : 0};
  };
  const auto owner = [&words] { return BuyerId{std::stoull(words[1])}; };  // stops at the dot
  if (verb == "define") return DefineSale{std::make_shared<SaleRules>(rules_), "ann"};
  if (verb == "hold") {
    const std::string key = option(words, "key");
    return RequestHold{sale, buyer(1), parse_lines(words[2]), key.empty() ? 0 : std::stoull(key),
                       !has(words, "nostandby")};
  }
  if (verb == "leave") return LeaveStandby{sale, buyer(1), StandbyId{}};
  if (verb == "release") return ReleaseHold{order(words[1]), words.size() > 2 ? buyer(2) : owner()};
  if (verb == "confirm") {
    const bool staff = has(words, "staff");
    const BuyerId who = staff ? BuyerId{} : words.size() > 2 ? buyer(2) : owner();
    return ConfirmOrder{order(words[1]), who, staff ? "ann" : ""};
  }
  if (verb == "pay") return StartPayment{order(words[1]), words.size() > 2 ? buyer(2) : owner()};
  if (verb == "captured") {
    const Money amount = words.size() > 2
                             ? Money{std::stol(words[2])}
                             : amounts_[order(words[1].substr(0, words[1].find('/'))).value()];
    return SettlePayment{payment(words[1]), PaymentStatus::captured, amount};
  }
  if (verb == "declined") return SettlePayment{payment(words[1]), PaymentStatus::declined, {}};
  if (verb == "unknown") return SettlePayment{payment(words[1]), PaymentStatus::unknown, {}};
  if (verb == "returned") return SettleRefund{payment(words[1])};
  if (verb == "refund") return RefundOrder{order(words[1]), "ann", "asked for"};
  if (verb == "restock")
    return Restock{sale, item(words[1]), static_cast<std::uint32_t>(std::stoul(words[2])), "ann"};
  if (verb == "reschedule") {
    return Reschedule{sale, kStart + seconds(words[1]), kStart + seconds(words[2]),
                      kStart + seconds(words[3]), "ann"};
  }
  if (verb == "look") return LookUpOrder{order(words[1]), buyer(2)};
  if (verb == "place") return TakePlace{sale, buyer(1)};
  if (verb == "quit") return LeaveLine{sale, buyer(1)};
  if (verb == "claim") return ClaimPass{sale, buyer(1)};
  if (verb == "where") return LookUpPlace{sale, buyer(1)};
  if (verb == "register") return Register{sale, buyer(1)};
  if (verb == "unregister") return Unregister{sale, buyer(1)};
  if (verb == "registered") return LookUpRegistration{sale, buyer(1)};
  if (verb == "rate")
    return SetLineRate{sale, static_cast<std::uint32_t>(std::stoul(words[1])), "ann"};
  if (verb == "beacon") return SetBeacon{sale, words.size() > 1 ? words[1] : "", "ann"};
  if (verb == "notice") return SetNotice{sale, {words.size() > 1 ? words[1] : "", ""}, "ann"};
  if (verb == "leaves") return LobbyLeaves{sale, 1, 100};
  if (verb == "mine") return LookUpBuyer{sale, buyer(1)};
  const std::map<std::string, PhaseAct> acts{
      {"announce", PhaseAct::announce}, {"open", PhaseAct::open},   {"pause", PhaseAct::pause},
      {"resume", PhaseAct::resume},     {"close", PhaseAct::close}, {"cancel", PhaseAct::cancel}};
  const auto act = acts.find(verb);
  EXPECT_TRUE(act != acts.end()) << "an unknown command: " << verb;
  return ChangePhase{sale, act == acts.end() ? PhaseAct::close : act->second, "ann", ""};
}

std::string Scenario::units(const Units& list) const {
  std::string text;
  for (const UnitRef& ref : list) {
    text += fmt::format("{}{}{}", text.empty() ? "" : ",", rules_.items[ref.item.value()].key,
                        ref.unit.value());
  }
  return text;
}

std::string Scenario::lines(const Lines& list) const {
  std::string text;
  for (const Line& line : list) {
    text += (text.empty() ? "" : "+") + rules_.items[line.item.value()].key;
    if (line.quantity != 1) text += fmt::format("*{}", line.quantity);
  }
  return text;
}

std::string Scenario::order_name(OrderId id) const {
  for (const auto& [buyer, list] : orders_) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i] == id) return i == 0 ? std::to_string(buyer) : fmt::format("{}.{}", buyer, i + 1);
    }
  }
  return "?";
}

std::string Scenario::show(const Outcome& o) const {
  std::string text(to_string(o.verdict));
  if (o.repeated) text += " again";
  switch (o.verdict) {
    case Verdict::sold_out:
      text += fmt::format(" {}", o.may_return);
      break;
    case Verdict::standby:
      text += fmt::format(" #{}", o.standby.position);
      break;
    case Verdict::not_open:
      text += fmt::format(" {}", (o.when - kStart).count() / 1000);
      break;
    case Verdict::limit_reached:
      if (o.order.order.value() != 0) text += " " + order_name(o.order.order);
      break;
    case Verdict::wrong_state:
      text += fmt::format(
          " {}", o.order.order.value() != 0 ? to_string(o.order.state) : to_string(o.phase));
      break;
    case Verdict::found:
      if (o.buyer != nullptr) {
        text +=
            fmt::format(" orders={} standby={}", o.buyer->orders.size(), o.buyer->standby.size());
        for (const StandbyView& s : o.buyer->standby) text += fmt::format(" #{}", s.position);
      } else if (o.leaves != nullptr) {
        text += fmt::format(" {} leaves", o.leaves->leaves.size());
      } else if (o.order.order.value() != 0) {
        text += fmt::format(" {} {}", to_string(o.order.state), units(o.order.units));
      } else {
        text += fmt::format(" since {}", (o.when - kStart).count() / 1000);
      }
      break;
    case Verdict::place:
    case Verdict::not_your_turn:
      text += fmt::format(" {} #{} {}", o.place.entry, o.place.number, to_string(o.place.state));
      break;
    case Verdict::pass:
      text +=
          fmt::format(" #{} until {}", o.pass.number, (o.pass.expires_at - kStart).count() / 1000);
      break;
    case Verdict::pass_required:
    case Verdict::registration_required:
    case Verdict::line_full:
    case Verdict::line_off:
    case Verdict::no_place:
    case Verdict::granted:
    case Verdict::paused:
    case Verdict::closed:
    case Verdict::busy:
    case Verdict::key_conflict:
    case Verdict::done:
    case Verdict::not_found:
    case Verdict::payment_needed:
    case Verdict::invalid:
    case Verdict::unavailable:
      break;
  }
  return text;
}

std::string Scenario::show(const Event& any) {
  struct Shower {
    Scenario& s;
    std::string operator()(const event::SaleDefined&) const { return "defined"; }
    std::string operator()(const event::PhaseChanged& e) const {
      return fmt::format("{}>{} {}", to_string(e.from), to_string(e.to), to_string(e.reason));
    }
    std::string operator()(const event::Restocked& e) const {
      return fmt::format("restocked {} {}", s.rules_.items[e.item.value()].key, e.count);
    }
    std::string operator()(const event::Rescheduled&) const { return "rescheduled"; }
    std::string operator()(const event::HoldGranted& e) const {
      s.orders_[e.buyer.value()].push_back(e.order);
      s.amounts_[e.order.value()] = e.amount;
      return fmt::format("{} {} {} until {}", e.standby.value() != 0 ? "turn" : "hold",
                         e.buyer.value(), s.units(e.units), (e.deadline - kStart).count() / 1000);
    }
    std::string operator()(const event::HoldEnded& e) const {
      return fmt::format("{} {}", name(e.how), s.order_name(e.order));
    }
    std::string operator()(const event::OrderConfirmed& e) const {
      return fmt::format("confirmed {}{}", s.order_name(e.order),
                         e.actor.empty() ? "" : " by " + e.actor);
    }
    std::string operator()(const event::StandbyJoined& e) const {
      return fmt::format("waits {} {}", e.buyer.value(), s.lines(e.lines));
    }
    std::string operator()(const event::StandbyLeft& e) const {
      return fmt::format("leaves {} {}", e.buyer.value(), name(e.how));
    }
    std::string operator()(const event::PaymentStarted& e) const {
      s.payments_[e.order.value()].push_back(e.payment);
      return fmt::format("payment {} {}", s.order_name(e.order), e.amount.minor);
    }
    std::string operator()(const event::PaymentDeclined& e) const {
      return "payment declined " + s.order_name(e.order);
    }
    std::string operator()(const event::PaymentUnknown& e) const {
      return "payment unknown " + s.order_name(e.order);
    }
    std::string operator()(const event::PaymentCaptured& e) const {
      return fmt::format("captured {} {} {}{}", s.order_name(e.order), e.amount.minor, name(e.use),
                         e.units.empty() ? "" : " " + s.units(e.units));
    }
    std::string operator()(const event::LateOrderFulfilled& e) const {
      return fmt::format("late turn {} {}", s.order_name(e.order), s.units(e.units));
    }
    std::string operator()(const event::RefundDue& e) const {
      return fmt::format("refund due {} {} {}", s.order_name(e.order), e.amount.minor,
                         name(e.reason));
    }
    std::string operator()(const event::RefundSettled& e) const {
      return fmt::format("refund settled {} {}", s.order_name(e.order), e.amount.minor);
    }
    std::string operator()(const event::OrderRefunded& e) const {
      return "order refunded " + s.order_name(e.order);
    }
    std::string operator()(const event::PlaceTaken& e) const {
      return fmt::format("place {} {}", e.buyer.value(), e.entry);
    }
    std::string operator()(const event::PlaceLeft& e) const {
      return fmt::format("left {} {}", e.buyer.value(), e.entry);
    }
    std::string operator()(const event::DrawRevealed& e) const {
      return fmt::format("drawn {}{}", e.entries, e.beacon.empty() ? "" : " " + e.beacon);
    }
    std::string operator()(const event::LineCalled& e) const {
      return fmt::format("called {}", e.serving);
    }
    std::string operator()(const event::PassClaimed& e) const {
      return fmt::format("pass {} #{} until {}", e.buyer.value(), e.number,
                         (e.expires_at - kStart).count() / 1000);
    }
    std::string operator()(const event::Registered& e) const {
      return fmt::format("registered {}", e.buyer.value());
    }
    std::string operator()(const event::Unregistered& e) const {
      return fmt::format("unregistered {}", e.buyer.value());
    }
    std::string operator()(const event::LineRateSet& e) const {
      return fmt::format("rate {}", e.rate);
    }
    std::string operator()(const event::BeaconSet& e) const { return "beacon " + e.value; }
    std::string operator()(const event::NoticeSet& e) const {
      return e.notice.en.empty() ? "no notice" : "notice " + e.notice.en;
    }
  };
  return std::visit(Shower{*this}, any);
}

}  // namespace onrush::sale::test
