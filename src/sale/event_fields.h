// The fields of each event in the order in which journals store them. Named once, for writing and
// reading. Append only: a field that is added goes to the end, and old journals must stay readable.
#pragma once

#include "sale/event.h"

namespace onrush::sale {

template <class E, class Wanted>
concept SameEvent = std::is_same_v<std::remove_const_t<E>, Wanted>;

void each_field(SameEvent<event::SaleDefined> auto& e, auto&& f) {
  f(e.sale, e.rules, e.actor);
}
void each_field(SameEvent<event::PhaseChanged> auto& e, auto&& f) {
  f(e.sale, e.from, e.to, e.reason, e.actor, e.note);
}
void each_field(SameEvent<event::Restocked> auto& e, auto&& f) {
  f(e.sale, e.item, e.count, e.actor);
}
void each_field(SameEvent<event::Rescheduled> auto& e, auto&& f) {
  f(e.sale, e.lobby_at, e.opens_at, e.closes_at, e.actor);
}
void each_field(SameEvent<event::HoldGranted> auto& e, auto&& f) {
  f(e.sale, e.order, e.buyer, e.standby, e.key, e.deadline, e.amount, e.units);
}
void each_field(SameEvent<event::HoldEnded> auto& e, auto&& f) {
  f(e.sale, e.order, e.buyer, e.how);
}
void each_field(SameEvent<event::OrderConfirmed> auto& e, auto&& f) {
  f(e.sale, e.order, e.buyer, e.actor);
}
void each_field(SameEvent<event::StandbyJoined> auto& e, auto&& f) {
  f(e.sale, e.standby, e.buyer, e.key, e.lines);
}
void each_field(SameEvent<event::StandbyLeft> auto& e, auto&& f) {
  f(e.sale, e.standby, e.buyer, e.how);
}
void each_field(SameEvent<event::PaymentStarted> auto& e, auto&& f) {
  f(e.sale, e.payment, e.order, e.buyer, e.amount);
}
void each_field(SameEvent<event::PaymentDeclined> auto& e, auto&& f) {
  f(e.sale, e.payment, e.order, e.buyer);
}
void each_field(SameEvent<event::PaymentUnknown> auto& e, auto&& f) {
  f(e.sale, e.payment, e.order, e.buyer);
}
void each_field(SameEvent<event::PaymentCaptured> auto& e, auto&& f) {
  f(e.sale, e.payment, e.order, e.buyer, e.amount, e.use, e.units);
}
void each_field(SameEvent<event::LateOrderFulfilled> auto& e, auto&& f) {
  f(e.sale, e.payment, e.order, e.buyer, e.units);
}
void each_field(SameEvent<event::RefundDue> auto& e, auto&& f) {
  f(e.sale, e.payment, e.order, e.buyer, e.amount, e.reason);
}
void each_field(SameEvent<event::RefundSettled> auto& e, auto&& f) {
  f(e.sale, e.payment, e.order, e.buyer, e.amount);
}
void each_field(SameEvent<event::OrderRefunded> auto& e, auto&& f) {
  f(e.sale, e.order, e.buyer, e.actor, e.reason);
}
void each_field(SameEvent<event::PlaceTaken> auto& e, auto&& f) {
  f(e.sale, e.buyer, e.entry);
}
void each_field(SameEvent<event::PlaceLeft> auto& e, auto&& f) {
  f(e.sale, e.buyer, e.entry);
}
void each_field(SameEvent<event::DrawRevealed> auto& e, auto&& f) {
  f(e.sale, e.entries, e.lobby_digest, e.beacon, e.seed);
}
void each_field(SameEvent<event::LineCalled> auto& e, auto&& f) {
  f(e.sale, e.serving);
}
void each_field(SameEvent<event::PassClaimed> auto& e, auto&& f) {
  f(e.sale, e.buyer, e.number, e.expires_at);
}
void each_field(SameEvent<event::Registered> auto& e, auto&& f) {
  f(e.sale, e.buyer);
}
void each_field(SameEvent<event::Unregistered> auto& e, auto&& f) {
  f(e.sale, e.buyer);
}
void each_field(SameEvent<event::LineRateSet> auto& e, auto&& f) {
  f(e.sale, e.rate, e.actor);
}
void each_field(SameEvent<event::BeaconSet> auto& e, auto&& f) {
  f(e.sale, e.value, e.actor);
}
void each_field(SameEvent<event::NoticeSet> auto& e, auto&& f) {
  f(e.sale, e.notice, e.actor);
}

// The same for rules.
template <class R>
concept SomeText = std::is_same_v<std::remove_const_t<R>, Text>;
template <class R>
concept SomeItemRules = std::is_same_v<std::remove_const_t<R>, ItemRules>;
template <class R>
concept SomeSaleRules = std::is_same_v<std::remove_const_t<R>, SaleRules>;

void each_field(SomeText auto& t, auto&& f) {
  f(t.en, t.zh);
}
void each_field(SomeItemRules auto& i, auto&& f) {
  f(i.key, i.title, i.description, i.image_url, i.stock, i.price, i.per_buyer, i.standby_capacity);
}
template <class R>
concept SomeAdmissionRules = std::is_same_v<std::remove_const_t<R>, AdmissionRules>;
void each_field(SomeAdmissionRules auto& a, auto&& f) {
  f(a.channels, a.download_url, a.register_url);
}
// What the rules have got since: one group, which stands behind all that is older.
void each_newer_field(SomeSaleRules auto& r, auto&& f) {
  auto& a = r.admission;
  auto& l = r.line;
  f(l.mode, l.rate, l.active_max, l.pass, l.claim, l.capacity, l.draw_secret, a.registration,
    a.filter.ratio_ppm, a.filter.slot, a.questions, a.question_tries, a.question_retry,
    a.proof_of_work_max, a.purchase_path, a.script_score, a.bucket.rate, a.bucket.capacity);
}
template <class R>
concept SomeQuestionRules = std::is_same_v<std::remove_const_t<R>, QuestionRules>;
void each_field(SomeQuestionRules auto& q, auto&& f) {
  f(q.question, q.answers);
}
// Without the admission rules: SaleDefined, which is older than they are, has them at its end.
void each_field(SomeSaleRules auto& r, auto&& f) {
  f(r.key, r.title, r.description, r.currency, r.lobby_at, r.opens_at, r.closes_at, r.hold,
    r.per_buyer, r.orders_per_buyer, r.late_money, r.decline_ends_hold, r.payment, r.items);
}

// Enumerators are stored as one byte; what is beyond the last one is damage.
template <class T>
inline constexpr T kLastOf = T{};
template <>
inline constexpr auto kLastOf<Phase> = Phase::settled;
template <>
inline constexpr auto kLastOf<PhaseReason> = PhaseReason::drained;
template <>
inline constexpr auto kLastOf<event::HoldEnd> = event::HoldEnd::cancelled;
template <>
inline constexpr auto kLastOf<event::StandbyEnd> = event::StandbyEnd::closed;
template <>
inline constexpr auto kLastOf<event::MoneyUse> = event::MoneyUse::refund;
template <>
inline constexpr auto kLastOf<event::RefundReason> = event::RefundReason::no_unit_left;
template <>
inline constexpr auto kLastOf<LineMode> = LineMode::draw;
template <>
inline constexpr auto kLastOf<RegistrationMode> = RegistrationMode::required;
template <>
inline constexpr auto kLastOf<LateMoney> = LateMoney::regrant_or_standby;
template <>
inline constexpr auto kLastOf<PaymentMode> = PaymentMode::confirmation;

}  // namespace onrush::sale
