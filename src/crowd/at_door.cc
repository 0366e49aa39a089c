// What a sale asks for before a hold, and the wait in its line. The server is believed twice: the
// sale's document says what is needed, and a refusal that names something more is obeyed.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "crowd/drive.h"

namespace onrush::crowd {
namespace {

constexpr std::int64_t kNotYetUs = 300'000;        // before the lobby
constexpr std::int64_t kLastEntryUs = 500'000;     // of the lobby's time is left to the network
constexpr std::int64_t kLookSpreadUs = 1'000'000;  // of looks at one's number after the draw …
constexpr std::int64_t kLookEachUs = 100;          // … and so much more for each shopper
constexpr std::uint8_t kTriesMax = 20;
constexpr std::uint64_t kNumberMax = 100'000'000;
constexpr std::uint64_t kSearchPortion = 512;
constexpr std::int64_t kSearchUs = 2'000;  // of a turn of the loop

}  // namespace

std::int64_t Drive::think_us() {
  const auto span = static_cast<double>((config_.think_max - config_.think_min).count());
  return (config_.think_min.count() + static_cast<std::int64_t>(random_.unit() * span)) * 1000;
}

// Registrations come before the opening; places in the lobby or on arrival; the rest on arrival.
void Drive::schedule_door(std::uint32_t id) {
  const PlannedShopper& plan = shoppers_[id].plan;
  const std::int64_t lobby_us = door_.lobby_at_ms == 0
                                    ? now_us_
                                    : stage_.at_us + (door_.lobby_at_ms - stage_.server_ms) * 1000;
  const bool signs_up = door_.registration == Registration::required ||
                        (door_.registration == Registration::optional && plan.polls_before);
  if (signs_up) {
    const auto span = static_cast<double>(std::max<std::int64_t>(0, opening_us_ - now_us_)) / 2;
    at(now_us_ + static_cast<std::int64_t>(random_.unit() * span), id, Action::sign_up);
  }
  std::int64_t arrival_us = opening_us_ + plan.arrive_us;
  if (door_.line && plan.lobby_part >= 0) {
    const std::int64_t from_us = std::max(now_us_, lobby_us);
    const std::int64_t until_us = std::max(from_us, opening_us_ - kLastEntryUs);
    arrival_us = from_us + static_cast<std::int64_t>(plan.lobby_part *
                                                     static_cast<double>(until_us - from_us));
  }
  at(arrival_us, id, Action::arrive);
}

void Drive::door_step(std::uint32_t id) {
  Shopper& shopper = shoppers_[id];
  AtDoor& door = shopper.door;
  if (shopper.state != State::at_door) return;
  const auto now = [&](Action action) {
    door.due_us = now_us_;
    send(rush_, id, action);
  };
  const bool registers = door_.registration == Registration::required || door.wants_registration;
  if (registers && !door.registered) return now(Action::sign_up);
  if (door_.line && door.pass.empty()) {
    now(Action::place);
    // A script goes on asking until the opening, or for its second.
    const std::int64_t gap_us = std::max(
        shopper.plan.click_gap_us, (opening_us_ - now_us_) / std::max(1, +shopper.plan.clicks));
    for (std::uint8_t copy = 1; copy < shopper.plan.clicks; ++copy) {
      if (shopper.plan.group != Group::bot) break;
      at(now_us_ + copy * gap_us, id, Action::place, copy);
    }
    return;
  }
  const bool challenged = door_.challenge || door.wants_challenge;
  if (challenged && !door.challenge_done) return now(Action::challenge);
  const bool needs_path = door_.purchase_path || door.wants_path;
  if (needs_path && door.path.empty()) return now(Action::path);
  if (door_.filter && shopper.plan.group != Group::modified) {
    const std::int64_t server_ms = server_now_ms();
    const std::int64_t slot_ms = next_slot_ms(*door_.filter, stage_.buyers[id], server_ms);
    if (slot_ms > server_ms) {
      // A little late, as the pages are, by up to a twentieth of the slot.
      const auto late_us = static_cast<std::int64_t>(
          random_.unit() * static_cast<double>(door_.filter->slot_ms) * 50);
      return at(now_us_ + (slot_ms - server_ms) * 1000 + late_us, id, Action::step);
    }
  }
  ask(id);
}

// The hold itself, with the further clicks of those who click repeatedly.
void Drive::ask(std::uint32_t id) {
  Shopper& shopper = shoppers_[id];
  if (over() && shopper.door.asked) return finish(id);
  shopper.state = State::asked;
  shopper.intended_us = now_us_;
  send(rush_, id, Action::hold, 0);
  if (shopper.door.asked) return;  // the further clicks were sent the first time
  shopper.door.asked = true;
  shopper.clicked_us = now_us_;
  report_.clicks_intended += shopper.plan.clicks;
  for (std::uint8_t click = 0; click < shopper.plan.clicks; ++click) {
    const std::int64_t due_us = now_us_ + click * shopper.plan.click_gap_us;
    if (click > 0) at(due_us, id, Action::hold, click);
    const std::int64_t second = (due_us - opening_us_) / 1'000'000;
    if (second >= 0 && static_cast<std::size_t>(second) < intended_per_second_.size()) {
      ++intended_per_second_[static_cast<std::size_t>(second)];
    }
  }
}

// Something was refused that a guard decides. True: the shopper knows what to do about it.
bool Drive::guard_asks_for_more(std::uint32_t id, std::string_view code, const Answer& answer) {
  Shopper& shopper = shoppers_[id];
  AtDoor& door = shopper.door;
  if (code == "filtered") {
    // A changed client asks again at once, an unchanged one in its next slot.
    const auto wait_ms = problem_number(answer.body, "retry_after_ms").value_or(1'000);
    const bool modified = shopper.plan.group == Group::modified;
    at(now_us_ + (modified ? shopper.plan.click_gap_us : wait_ms * 1'000), id, Action::step);
    return true;
  }
  if (++door.tries > kTriesMax) return false;
  if (code == "challenge_required") {
    door.challenge.clear();
    door.challenge_done = false;
    door.wants_challenge = true;
  } else if (code == "registration_required" && !door.wants_registration) {
    door.registered = false;
    door.wants_registration = true;
  } else if (code == "path_required") {
    door.path.clear();
    door.wants_path = true;
  } else {
    return false;
  }
  at(now_us_, id, Action::step);
  return true;
}

void Drive::guard_refused(std::uint32_t id, Action action, const Answer& answer) {
  Shopper& shopper = shoppers_[id];
  const std::string_view code = problem_code(answer.body);
  shopper.state = State::at_door;
  if (guard_asks_for_more(id, code, answer)) return;
  const bool known = code == "pass_required" || code == "registration_required" ||
                     code == "channel_required" || code == "challenge_required" ||
                     code == "path_required";
  if (!known) {
    ++report_.unexpected[fmt::format("{} {} {}", action == Action::hold ? "POST holds" : "door",
                                     answer.status, code)];
  }
  finish(id);
}

// True: the answer was one of the door's.
bool Drive::answer_at_door(std::uint32_t id, Action action, std::uint8_t extra,
                           const Answer& answer) {
  Shopper& shopper = shoppers_[id];
  AtDoor& door = shopper.door;
  // Copies that nothing depends on, and what is heard after the shopper has gone.
  if (extra > 0 || shopper.state == State::done) return true;
  door_latency_.record(monotonic_us() - door.due_us);
  if (answer.status >= 400 && answer.status != 404) {
    const std::string code{problem_code(answer.body)};
    if (code != "not_open" || action != Action::place) ++report_.refusals[code];
    if (action == Action::sign_up && shopper.state == State::before)
      return true;  // tried again later
    if (answer.status == 410) return finish(id), true;
    if (code == "line_full") return finish(id), true;
    if (answer.status == 403 && action != Action::answer_challenge) {
      return guard_refused(id, action, answer), true;
    }
    if (answer.status == 425 && action != Action::claim) {
      return retry(id, action, 0,
                   std::max(kNotYetUs, action == Action::path ? opening_us_ - now_us_ : 0)),
             true;
    }
  }
  if (retry_if_busy(id, action, 0, answer)) return true;
  const bool good = answer.status >= 200 && answer.status < 300;
  switch (action) {
    case Action::sign_up:
      door.registered = true;
      if (!good) unexpected("POST registration", answer.status);
      return door_step(id), true;
    case Action::place:
    case Action::look_place:
      return answer_place(id, answer), true;
    case Action::leave_line:
      if (!good) unexpected("DELETE place", answer.status);
      if (good) ++report_.line.left;
      return finish(id), true;
    case Action::claim:
      return answer_claim(id, answer), true;
    case Action::challenge:
      return answer_challenge(id, answer), true;
    case Action::answer_challenge:
      return answer_reply(id, answer), true;
    case Action::path: {
      auto path = good ? read_path(answer.body) : std::nullopt;
      if (!path) return unexpected("GET path", answer.status), finish(id), true;
      door.path = std::move(*path);
      return door_step(id), true;
    }
    default:
      return false;
  }
}

void Drive::answer_place(std::uint32_t id, const Answer& answer) {
  Shopper& shopper = shoppers_[id];
  const auto place =
      answer.status == 200 || answer.status == 201 ? read_place(answer.body) : std::nullopt;
  if (!place) {
    unexpected("place", answer.status);
    return finish(id);
  }
  if (shopper.state == State::at_door) {
    ++report_.line.places;
    shopper.door.joined_us = now_us_;
    wait_in_line(id);
  }
  if (shopper.state != State::in_line) return;
  if (place->state == "left" || place->state == "used") return finish(id);
  if (place->number != 0) {
    if (shopper.door.number == 0) number_known(id, place->number);
  } else if (drawn_) {
    retry(id, Action::look_place, 0, kNotYetUs);
  }
}

void Drive::wait_in_line(std::uint32_t id) {
  Shopper& shopper = shoppers_[id];
  shopper.state = State::in_line;
  ++in_line_;
  if (shopper.plan.waits_by_socket && standby_sockets_ < config_.standby_sockets_max) {
    ++standby_sockets_;
    shopper.socket_open = true;
    send(rush_, id, Action::standby_socket);
  } else if (!shopper.plan.polls_before) {
    at(now_us_ + around(config_.line_poll), id, Action::document);
  }
}

void Drive::number_known(std::uint32_t id, std::uint64_t number) {
  Shopper& shopper = shoppers_[id];
  if (number > kNumberMax) return unexpected("place, number", 200);
  shopper.door.number = number;
  ++report_.line.drawn_numbers;
  if (by_number_.size() < number) by_number_.resize(number, kNobody);
  std::uint32_t& owner = by_number_[number - 1];
  if (owner != kNobody && owner != id) {
    violation(fmt::format("number {} of the line was given to buyer {} and to buyer {}", number,
                          stage_.buyers[owner], stage_.buyers[id]));
  }
  owner = id;
  if (shopper.plan.leaves_line && shopper.plan.seed % 2 == 0) {
    const auto wait = random_.unit() * static_cast<double>(config_.leave_within.count()) * 1'000;
    return at(now_us_ + static_cast<std::int64_t>(wait), id, Action::leave_line);
  }
  if (number <= serving_) return called(id);
  // A script does not wait to be called.
  if (shopper.plan.group == Group::bot) at(now_us_, id, Action::claim);
}

void Drive::called(std::uint32_t id) {
  Shopper& shopper = shoppers_[id];
  if (shopper.state != State::in_line) return;
  if (shopper.plan.leaves_line) {
    if (shopper.plan.seed % 2 == 0) return;  // is about to leave
    ++report_.line.never_claimed;
    return finish(id);
  }
  at(now_us_ + (shopper.plan.group == Group::bot ? 0 : think_us()), id, Action::claim);
}

void Drive::answer_claim(std::uint32_t id, const Answer& answer) {
  Shopper& shopper = shoppers_[id];
  if (shopper.state != State::in_line) return;  // a script's other claim was heard first
  if (answer.status == 425) {
    const bool bot = shopper.plan.group == Group::bot;
    if (shopper.door.number <= serving_) return retry(id, Action::claim, 0, kBusyRetryUs);
    if (bot && ++shopper.door.claims < shopper.plan.clicks) {
      at(now_us_ + shopper.plan.click_gap_us, id, Action::claim);
    }
    return;  // called() comes later
  }
  auto pass = answer.status == 200 || answer.status == 201 ? read_token(answer.body) : std::nullopt;
  if (!pass) {
    unexpected("POST pass", answer.status);
    return finish(id);
  }
  if (pass->number != 0 && pass->number != shopper.door.number) {
    violation(fmt::format("buyer {} has number {} in the line and got the pass of number {}",
                          stage_.buyers[id], shopper.door.number, pass->number));
  }
  ++report_.line.passes;
  line_wait_.record(now_us_ - std::max(shopper.door.joined_us, opening_us_));
  shopper.door.pass = std::move(pass->token);
  --in_line_;
  shopper.state = State::at_door;
  door_step(id);
}

void Drive::answer_challenge(std::uint32_t id, const Answer& answer) {
  AtDoor& door = shoppers_[id].door;
  auto seen = answer.status == 200 ? read_challenge(answer.body) : std::nullopt;
  if (!seen) {
    unexpected("GET challenge", answer.status);
    return finish(id);
  }
  if (!seen->needed || (seen->question_id.empty() && !seen->puzzle)) {
    door.challenge_done = true;
    return door_step(id);
  }
  boost::json::object reply;
  if (!seen->question_id.empty()) {
    const auto known = config_.answers.find(seen->question);
    const bool mistaken = shoppers_[id].plan.mistaken && door.tries == 0;
    if (known == config_.answers.end()) ++report_.unexpected["question without an answer"];
    reply["question"] = {
        {"id", seen->question_id},
        {"answer", mistaken || known == config_.answers.end() ? "I do not know" : known->second}};
  }
  door.reply = boost::json::serialize(reply);
  if (seen->puzzle) {
    puzzles_.push_back({id, PuzzleSearch(std::move(*seen->puzzle))});
  } else {
    door.due_us = now_us_;
    send(rush_, id, Action::answer_challenge);
  }
}

// A little in each turn of the loop, so that nobody's click waits for somebody else's arithmetic.
void Drive::solve_puzzles() {
  const std::int64_t until_us = monotonic_us() + kSearchUs;
  while (!puzzles_.empty() && monotonic_us() < until_us) {
    Puzzle& puzzle = puzzles_.front();
    const auto step = puzzle.search.search(kSearchPortion);
    if (step == PuzzleSearch::Step::more) continue;
    AtDoor& door = shoppers_[puzzle.id].door;
    if (step == PuzzleSearch::Step::found) {
      ++report_.puzzles_solved;
      const bool alone = door.reply.size() <= 2;
      door.reply.pop_back();
      door.reply +=
          fmt::format(R"({}"proof_of_work":"{}"}})", alone ? "" : ",", puzzle.search.payload());
    } else {
      ++report_.unexpected["puzzle without a solution"];
    }
    door.due_us = now_us_;
    send(rush_, puzzle.id, Action::answer_challenge);
    puzzles_.pop_front();
  }
}

void Drive::answer_reply(std::uint32_t id, const Answer& answer) {
  AtDoor& door = shoppers_[id].door;
  door.reply.clear();
  if (answer.status == 403) {  // counted by its code
    if (++door.tries > kTriesMax) return finish(id);
    return retry(id, Action::challenge, 0, think_us());
  }
  auto token =
      answer.status == 200 || answer.status == 201 ? read_token(answer.body) : std::nullopt;
  if (!token) {
    unexpected("POST challenge", answer.status);
    return finish(id);
  }
  door.challenge = std::move(token->token);
  door.challenge_done = true;
  door_step(id);
}

// What the live document says of the line, heard by everybody who waits in it.
void Drive::follow_line(const LineSeen& line) {
  if (line.drawn && !drawn_) {
    drawn_ = true;
    const double spread_us =
        static_cast<double>(kLookSpreadUs) +
        static_cast<double>(kLookEachUs) * static_cast<double>(shoppers_.size());
    for (std::uint32_t id = 0; id < shoppers_.size(); ++id) {
      const Shopper& shopper = shoppers_[id];
      if (shopper.state != State::in_line || shopper.door.number != 0) continue;
      const double part = shopper.plan.group == Group::bot ? 0 : random_.unit();
      at(now_us_ + static_cast<std::int64_t>(part * spread_us), id, Action::look_place);
    }
  }
  report_.line.lobby_entries = std::max(report_.line.lobby_entries, line.lobby_entries);
  const std::uint64_t before = serving_;
  serving_ = std::max(serving_, std::min(line.serving, kNumberMax));
  report_.line.claim_rate =
      line.serving == 0 ? 0 : static_cast<double>(line.claimed) / static_cast<double>(line.serving);
  const std::uint64_t known = std::min<std::uint64_t>(serving_, by_number_.size());
  for (std::uint64_t number = before; number < known; ++number) {
    if (by_number_[number] != kNobody) called(by_number_[number]);
  }
}

// The sale is over: nobody is called any more.
void Drive::leave_all_lines() {
  if (in_line_ == 0) return;
  for (std::uint32_t id = 0; id < shoppers_.size(); ++id) {
    if (shoppers_[id].state == State::in_line) finish(id);
  }
}

}  // namespace onrush::crowd
