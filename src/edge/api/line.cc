// The line of a sale as a buyer meets it: his place, and the pass that his turn gives him.
//
// The crowd calls here, so these commands take the lane of the rush: payments and staff keep
// theirs.
#include "edge/api/channel_gate.h"
#include "edge/api/door_guards.h"
#include "edge/api/handlers.h"
#include "edge/api/hold_limits.h"
#include "edge/api/line_gate.h"
#include "edge/api/line_turn.h"
#include "edge/api/station.h"
#include "edge/live/line_documents.h"

namespace onrush::api::handle {
namespace {

using accounts::TokenKind;
using sale::Verdict;

// A call of the line by a buyer who is within his limits, in a sale that has one and is in a phase
// for it. Null: answered.
const live::SaleEntry* begin(Station& station, const http::Request& request,
                             const PathParams& params, Call& call) {
  if (refuses_address(station, request, call, LimitedCall::line)) return nullptr;
  if (refuses_account(station, call, LimitedCall::line)) return nullptr;
  const live::SaleEntry* sale = station.public_sale(params[0]);
  if (sale == nullptr) call.fail(problem::kNotFound, "There is no such sale.");
  return sale;
}

void refuse(Station& station, Call& call, Success asked, const sale::Outcome& outcome,
            bool from_latch) {
  station.counts->count_line(outcome.verdict, from_latch);
  AnswerFrame frame;
  frame.now = station.context.clock.now();
  frame.success = asked;
  Problem problem = problem_of(outcome, frame);
  if (outcome.verdict == Verdict::limit_reached)
    problem.detail = "You have taken as many places and passes as one buyer may.";
  call.fail(problem);
}

void refuse(Station& station, Call& call, Verdict verdict) {
  sale::Outcome outcome;
  outcome.verdict = verdict;
  refuse(station, call, Success::no_content, outcome, true);
}

void ask(Station& station, CallPtr call, sale::Command command, Station::Then then) {
  const bool taken = station.office.ask(
      std::move(command), ports::Lane::rush,
      [call, then = std::move(then)](sale::Outcome outcome) { then(call, std::move(outcome)); });
  if (!taken) refuse(station, *call, Verdict::busy);
}

std::string place_token(Station& station, const live::SaleEntry& sale, sale::BuyerId buyer,
                        const sale::PlaceView& place, TimePoint now) {
  accounts::Claims claims;
  claims.kind = TokenKind::place;
  claims.subject = buyer;
  claims.sale = sale.sale;
  claims.number = place.entry;
  claims.issued_at = now;
  // As long as the place; a sale that is closed later than announced gives new ones.
  claims.expires_at = std::max(sale.rules->closes_at, now + std::chrono::hours{1});
  return station.tokens.sign(claims);
}

std::string document_of(Station& station, const live::SaleEntry& sale, sale::BuyerId buyer,
                        const sale::PlaceView& place) {
  const TimePoint now = station.context.clock.now();
  return live::place_document(place, live::eta_of(place, station.context.office.line(sale.sale)),
                              *sale.rules, place_token(station, sale, buyer, place, now), now);
}

void send_place(Station& station, sale::SaleNo no, const CallPtr& call, Success asked,
                const sale::Outcome& outcome) {
  const live::SaleEntry* sale = station.sales->find(no);
  const bool found = outcome.place.entry != 0 && outcome.place.state != sale::PlaceState::left;
  if ((outcome.verdict == Verdict::place || outcome.verdict == Verdict::found) && found) {
    station.counts->count_line(Verdict::place, false);
    const bool made = asked == Success::place && !outcome.repeated;
    return call->send_json(made ? 201 : 200,
                           document_of(station, *sale, call->claims.subject, outcome.place));
  }
  sale::Outcome refusal = outcome;
  // A place that was left is no place.
  if (outcome.verdict == Verdict::place || outcome.verdict == Verdict::found)
    refusal.verdict = Verdict::no_place;
  refuse(station, *call, asked, refusal, false);
}

void refuse_turn(Station& station, const live::SaleEntry& sale, Call& call,
                 const sale::PlaceView& place) {
  station.counts->count_line(Verdict::not_your_turn, false);
  station.counts->count_guard(sale.sale, Layer::not_your_turn);
  const TimePoint now = station.context.clock.now();
  call.fail(turn_problem(sale, station.context.office.line(sale.sale), place,
                         place_token(station, sale, call.claims.subject, place, now), now));
}

void send_pass(Station& station, const live::SaleEntry& sale, Call& call,
               const sale::Outcome& outcome) {
  station.counts->count_line(Verdict::pass, false);
  const TimePoint now = station.context.clock.now();
  accounts::Claims claims;
  claims.kind = TokenKind::pass;
  claims.subject = call.claims.subject;
  claims.sale = sale.sale;
  claims.number = outcome.pass.number;
  claims.issued_at = now;
  // Tokens are cut to whole seconds; the box office knows the pass's end to the millisecond.
  claims.expires_at = std::chrono::ceil<std::chrono::seconds>(outcome.pass.expires_at);
  std::string text;
  live::JsonWriter(text)
      .begin_object()
      .key("token")
      .text(station.tokens.sign(claims))
      .key("number")
      .number(outcome.pass.number)
      .key("expires_at")
      .time(outcome.pass.expires_at)
      .end_object();
  call.send_json(outcome.repeated ? 200 : 201, std::move(text));
}

}  // namespace

void take_place(Station& station, const http::Request& request, const PathParams& params,
                CallPtr call) {
  const live::SaleEntry* sale = begin(station, request, params, *call);
  if (sale == nullptr) return;
  const ports::LineStatus line = station.context.office.line(sale->sale);
  if (const auto early =
          refused_to_all(LineCall::place, *sale, line, station.context.clock.now())) {
    return refuse(station, *call, Success::place, *early, true);
  }
  if (!admits_channel(sale->rules->admission, request)) {
    station.counts->count_guard(sale->sale, Layer::channel_required);
    return call->fail(channel_problem(sale->rules->admission));
  }
  const sale::BuyerId buyer = call->claims.subject;
  if (const auto refusal = DoorGuards(station).registration(*sale, buyer)) {
    count_guard(*station.counts, sale->sale, *refusal);
    return call->fail(refusal->problem());
  }
  // Whoever has a place gets it again, also when the line is full.
  KnownBuyers& known = station.context.known_buyers;
  if (line.entries >= line.capacity && !known.may_have_place(sale->sale, buyer))
    return refuse(station, *call, Verdict::line_full);
  known.add_place(sale->sale, buyer);
  ask(station, std::move(call), sale::command::TakePlace{sale->sale, buyer},
      [&station, no = sale->sale](const CallPtr& asked, const sale::Outcome& outcome) {
        send_place(station, no, asked, Success::place, outcome);
      });
}

void get_place(Station& station, const http::Request& request, const PathParams& params,
               CallPtr call) {
  const live::SaleEntry* sale = begin(station, request, params, *call);
  if (sale == nullptr) return;
  const sale::BuyerId buyer = call->claims.subject;
  if (!station.context.known_buyers.may_have_place(sale->sale, buyer))
    return refuse(station, *call, Verdict::no_place);
  ask(station, std::move(call), sale::command::LookUpPlace{sale->sale, buyer},
      [&station, no = sale->sale](const CallPtr& asked, const sale::Outcome& outcome) {
        send_place(station, no, asked, Success::no_content, outcome);
      });
}

void leave_line(Station& station, const http::Request& request, const PathParams& params,
                CallPtr call) {
  const live::SaleEntry* sale = begin(station, request, params, *call);
  if (sale == nullptr) return;
  const sale::BuyerId buyer = call->claims.subject;
  if (!station.context.known_buyers.may_have_place(sale->sale, buyer)) {
    http::Response nothing_to_leave;
    nothing_to_leave.status = 204;
    return call->send(std::move(nothing_to_leave));
  }
  ask(station, std::move(call), sale::command::LeaveLine{sale->sale, buyer},
      [&station](const CallPtr& asked, sale::Outcome outcome) {
        // Gone is gone, whether by this call or before it.
        if (outcome.verdict == Verdict::no_place) outcome.verdict = Verdict::done;
        station.answer(*asked, outcome, Success::no_content);
      });
}

void claim_pass(Station& station, const http::Request& request, const PathParams& params,
                CallPtr call) {
  const live::SaleEntry* sale = begin(station, request, params, *call);
  if (sale == nullptr) return;
  const ports::LineStatus line = station.context.office.line(sale->sale);
  if (const auto early = refused_to_all(LineCall::pass, *sale, line, station.context.clock.now())) {
    return refuse(station, *call, Success::no_content, *early, true);
  }
  const sale::BuyerId buyer = call->claims.subject;
  if (!station.context.known_buyers.may_have_place(sale->sale, buyer))
    return refuse(station, *call, Verdict::no_place);
  ask(station, std::move(call), sale::command::ClaimPass{sale->sale, buyer},
      [&station, no = sale->sale](const CallPtr& asked, const sale::Outcome& outcome) {
        const live::SaleEntry* of = station.sales->find(no);
        if (outcome.verdict == Verdict::pass) return send_pass(station, *of, *asked, outcome);
        if (outcome.verdict == Verdict::not_your_turn)
          return refuse_turn(station, *of, *asked, outcome.place);
        refuse(station, *asked, Success::no_content, outcome, false);
      });
}

}  // namespace onrush::api::handle
