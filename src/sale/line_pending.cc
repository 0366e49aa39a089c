// The line's commands and events, before there is a line.
#include "sale/decision.h"

namespace onrush::sale {

Outcome decide(Decision&, const command::TakePlace&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::LeaveLine&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::ClaimPass&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::Register&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::Unregister&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::SetLineRate&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::SetBeacon&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::SetNotice&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::LookUpPlace&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::LookUpRegistration&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Outcome decide(Decision&, const command::LobbyLeaves&) {
  return refusal(Verdict::line_off, "This sale has no line.");
}
Problem BookState::evolve(const event::PlaceTaken&, TimePoint) {
  return "an event of a line where there is none";
}
Problem BookState::evolve(const event::PlaceLeft&, TimePoint) {
  return "an event of a line where there is none";
}
Problem BookState::evolve(const event::DrawRevealed&, TimePoint) {
  return "an event of a line where there is none";
}
Problem BookState::evolve(const event::LineCalled&, TimePoint) {
  return "an event of a line where there is none";
}
Problem BookState::evolve(const event::PassClaimed&, TimePoint) {
  return "an event of a line where there is none";
}
Problem BookState::evolve(const event::Registered&, TimePoint) {
  return "an event of a line where there is none";
}
Problem BookState::evolve(const event::Unregistered&, TimePoint) {
  return "an event of a line where there is none";
}
Problem BookState::evolve(const event::LineRateSet&, TimePoint) {
  return "an event of a line where there is none";
}
Problem BookState::evolve(const event::BeaconSet&, TimePoint) {
  return "an event of a line where there is none";
}
Problem BookState::evolve(const event::NoticeSet&, TimePoint) {
  return "an event of a line where there is none";
}

LineSummary Book::line(SaleNo no, TimePoint) const {
  LineSummary summary;
  summary.phase = phase(no);
  return summary;
}

}  // namespace onrush::sale
