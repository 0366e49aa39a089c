// Decision: one command, or one tick, being decided.
//
// decide() overloads look at the state, emit events and answer. emit() changes the state by the
// event at once, so that what follows in the same decision sees it, through the same evolve() as a
// replay.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/invariant.h"
#include "sale/book_state.h"
#include "sale/command.h"
#include "sale/event.h"
#include "sale/outcome.h"

namespace onrush::sale {

class Decision {
 public:
  Decision(BookState& book_state, TimePoint at, std::vector<Event>& events)
      : book(book_state), now(at), out_(events), first_(events.size()) {}

  template <class E>
  const E& emit(E&& e) {
    auto& stored =
        out_.emplace_back(std::in_place_type<std::remove_cvref_t<E>>, std::forward<E>(e));
    const auto& event = *std::get_if<std::remove_cvref_t<E>>(&stored);
    const Problem problem = book.evolve(event, now);
    INVARIANT(problem == nullptr, problem);
    return event;
  }
  [[nodiscard]] std::size_t emitted() const { return out_.size() - first_; }

  BookState& book;
  const TimePoint now;

 private:
  std::vector<Event>& out_;
  std::size_t first_;
};

[[nodiscard]] Outcome decide(Decision& d, const command::RequestHold& c);
[[nodiscard]] Outcome decide(Decision& d, const command::LeaveStandby& c);
[[nodiscard]] Outcome decide(Decision& d, const command::ReleaseHold& c);
[[nodiscard]] Outcome decide(Decision& d, const command::ConfirmOrder& c);
[[nodiscard]] Outcome decide(Decision& d, const command::StartPayment& c);
[[nodiscard]] Outcome decide(Decision& d, const command::SettlePayment& c);
[[nodiscard]] Outcome decide(Decision& d, const command::SettleRefund& c);
[[nodiscard]] Outcome decide(Decision& d, const command::RefundOrder& c);
[[nodiscard]] Outcome decide(Decision& d, const command::DefineSale& c);
[[nodiscard]] Outcome decide(Decision& d, const command::ChangePhase& c);
[[nodiscard]] Outcome decide(Decision& d, const command::Restock& c);
[[nodiscard]] Outcome decide(Decision& d, const command::Reschedule& c);
[[nodiscard]] Outcome decide(Decision& d, const command::LookUpOrder& c);
[[nodiscard]] Outcome decide(Decision& d, const command::LookUpBuyer& c);
[[nodiscard]] Outcome decide(Decision& d, const command::TakePlace& c);
[[nodiscard]] Outcome decide(Decision& d, const command::LeaveLine& c);
[[nodiscard]] Outcome decide(Decision& d, const command::ClaimPass& c);
[[nodiscard]] Outcome decide(Decision& d, const command::Register& c);
[[nodiscard]] Outcome decide(Decision& d, const command::Unregister& c);
[[nodiscard]] Outcome decide(Decision& d, const command::SetLineRate& c);
[[nodiscard]] Outcome decide(Decision& d, const command::SetBeacon& c);
[[nodiscard]] Outcome decide(Decision& d, const command::SetNotice& c);
[[nodiscard]] Outcome decide(Decision& d, const command::LookUpPlace& c);
[[nodiscard]] Outcome decide(Decision& d, const command::LookUpRegistration& c);
[[nodiscard]] Outcome decide(Decision& d, const command::LobbyLeaves& c);

// Events that one command may add in the name of others, e.g. telling a standby line that all is
// sold; what is left is due at once and is done by ticks, so that no batch of the journal grows
// beyond measure.
inline constexpr std::size_t kFollowUpsPerCommand = 1024;

// What follows by itself once units came back or a sale ended: standby is served, a sale that is
// paid for closes, a closed one settles. Stops when the decision has emitted `events_max`; what is
// left stays due.
void follow_up(Decision& d, SaleNo no, std::size_t events_max);

// --- shared by the deciders
// The next `quantity` units of each line; each line must have them free.
[[nodiscard]] Units pick_units(const SaleState& s, const Lines& lines);
[[nodiscard]] bool all_free(const SaleState& s, const Lines& lines);
// Counting all that can still come back, the lines can be filled.
[[nodiscard]] bool can_return(const SaleState& s, const Lines& lines);
[[nodiscard]] bool anyone_waits(const SaleState& s, const Lines& lines);
[[nodiscard]] Money price_of(const SaleState& s, const Lines& lines);

// What a buyer has or waits for: it counts against the limits.
struct Share {
  std::uint32_t units = 0;     // in the whole sale
  std::uint32_t attempts = 0;  // orders and standby entries, ended ones included
  Index newest = kNone;        // order
};
[[nodiscard]] Share share_of(const BookState& book, const SaleState& s, BuyerId buyer);
// With `lines` on top, the buyer (nullptr: a new one) stays within the limits of the sale and of
// each item.
[[nodiscard]] bool within_limits(const BookState& book, const SaleState& s, const BuyerRefs* refs,
                                 const Lines& lines);

// A paid order, or one in paid standby: its units come back and its money goes back.
void refund_order(Decision& d, Index order, const std::string& actor, const std::string& reason,
                  event::RefundReason why);

[[nodiscard]] Outcome order_outcome(const Decision& d, Verdict verdict, Index order,
                                    bool repeated = false);
[[nodiscard]] Outcome refusal(Verdict verdict, const char* message);

}  // namespace onrush::sale
