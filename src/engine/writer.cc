#include "engine/writer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "sale/event_codec.h"

namespace onrush::engine {
namespace {

using namespace std::chrono_literals;

// A batch that waits for a slow disk keeps the time at which it was begun; beyond this, commands
// rather wait in the intake and are decided at their own time.
constexpr Millis kBatchAgeMax{100};
// Clocks of tests stand still while real time passes, so the clock is looked at this often in any
// case.
constexpr auto kTickInterval = 10ms;
// With this much in one drain, the next requests are about to come: a short nap costs the producers
// less than a system call for each to wake us.
constexpr std::size_t kBusyDrain = 8;
constexpr auto kNap = 30us;
// While a batch is on its way to the disk, what is decided now cannot be told before the next sync.
// Looking this often is soon enough for those refusals that need no disk; the committer ends the
// doze.
constexpr auto kDoze = 250us;
constexpr std::size_t kTickBudget = 4096;
// So many requests' waits for memory overlap: about as many as a core can have under way.
constexpr std::size_t kLookAhead = 16;

bool is_query(const sale::Command& command) {
  return std::holds_alternative<sale::command::LookUpOrder>(command) ||
         std::holds_alternative<sale::command::LookUpBuyer>(command) ||
         std::holds_alternative<sale::command::LookUpPlace>(command) ||
         std::holds_alternative<sale::command::LookUpRegistration>(command) ||
         std::holds_alternative<sale::command::LobbyLeaves>(command);
}

// True if the answer tells of something that a crash could still undo. A plain "no" does not.
bool reveals_state(const sale::Outcome& outcome) {
  using sale::Verdict;
  switch (outcome.verdict) {
    case Verdict::granted:
    case Verdict::standby:
    case Verdict::place:
    case Verdict::pass:
    case Verdict::not_your_turn:
    case Verdict::done:
    case Verdict::found:
    case Verdict::wrong_state:
      return true;
    case Verdict::limit_reached:
      return outcome.order.order.value() != 0;
    case Verdict::sold_out:
    case Verdict::not_open:
    case Verdict::paused:
    case Verdict::closed:
    case Verdict::busy:
    case Verdict::key_conflict:
    case Verdict::pass_required:
    case Verdict::registration_required:
    case Verdict::line_full:
    case Verdict::line_off:
    case Verdict::no_place:
    case Verdict::not_found:
    case Verdict::payment_needed:
    case Verdict::invalid:
    case Verdict::unavailable:
      return false;
  }
  return true;
}

}  // namespace

Writer::Writer(Shared shared, sale::Book& book, Committer& committer, TimePoint last_time)
    : on_(shared), book_(book), committer_(committer), last_time_(last_time) {}

TimePoint Writer::read_clock() {
  last_time_ = std::max(last_time_, on_.clock.now());
  return last_time_;
}

void Writer::run() {
  while (turn()) {
  }
  run_inspections(true);
}

bool Writer::turn() {
  if (committer_.failed()) {
    refuse_everything();
    return false;
  }
  const TimePoint now = read_clock();
  std::size_t drained = 0;
  bool ticked = false;
  if (may_take_more(now)) {
    if (open_->empty()) open_->at = now;
    const bool low = on_.journal.space() == journal::Space::full;
    // What cannot be written is not decided: deadlines wait for space, too.
    ticked = !low && tick();
    drained = drain(low);
    if (drained > 0 || ticked) publish();
  }
  hand_over();
  if (has_inspections_.load(std::memory_order_acquire)) run_inspections(false);
  if (drained == 0 && on_.rush.finished() && on_.reserved.finished() && open_->empty() &&
      (committer_.ready() || committer_.failed())) {
    return committer_.failed();
  }
  const bool more_now = drained == on_.config.drain_commands_max || tick_again_;
  if (!more_now || !may_take_more(now)) rest(drained);
  return true;
}

bool Writer::may_take_more(TimePoint now) const {
  if (on_.journal.space() == journal::Space::wait) return false;
  if (open_->empty()) return true;
  return open_->events.size() < on_.config.batch_events_max &&
         open_->waiting.size() < on_.config.batch_events_max &&
         open_->record.size() < on_.config.batch_bytes_max && now - open_->at < kBatchAgeMax;
}

bool Writer::tick() {
  tick_again_ = false;
  const auto due = book_.next_due();
  if (!due || *due > open_->at) return false;
  const std::size_t before = open_->events.size();
  tick_again_ = book_.tick(open_->at, open_->events, kTickBudget);
  encode_new_events(before);
  return true;
}

std::size_t Writer::drain(bool low_on_space) {
  const std::size_t most = on_.config.drain_commands_max;
  // The reserved lane first, but never so much that the rush comes to a halt.
  std::size_t drained = drain_lane(on_.reserved, most - most / 2, low_on_space);
  drained += drain_lane(on_.rush, most - drained, low_on_space);
  if (drained == 0) return 0;
  on_.counters.commands.fetch_add(drained, std::memory_order_relaxed);
  for (std::size_t i = 0; i < kVerdicts; ++i) {
    if (answers_[i] != 0) on_.counters.answers[i].fetch_add(answers_[i], std::memory_order_relaxed);
  }
  answers_.fill(0);
  at_once_.deliver();
  return drained;
}

std::size_t Writer::drain_lane(Intake& lane, std::size_t limit, bool low_on_space) {
  std::size_t count = 0;
  std::size_t seen = 0;  // those among the next that were looked at
  Request request;
  while (count < limit && open_->record.size() < on_.config.batch_bytes_max) {
    if (seen == 0) seen = look_ahead(lane);
    if (!lane.pop(request)) break;
    answer(request, low_on_space);
    ++count;
    if (seen > 0) --seen;
  }
  return count;
}

std::size_t Writer::look_ahead(const Intake& lane) const {
  std::array<const sale::Command*, kLookAhead> next{};
  std::size_t count = 0;
  while (count < kLookAhead) {
    const Request* request = lane.peek(count);
    if (request == nullptr) break;
    next[count++] = &request->command;
  }
  for (std::size_t i = 0; i < count; ++i) book_.prefetch(*next[i]);
  for (std::size_t i = 0; i < count; ++i) book_.prefetch_records(*next[i]);
  return count;
}

void Writer::answer(Request& request, bool low_on_space) {
  sale::Outcome outcome;
  if (low_on_space && !is_query(request.command)) {
    outcome.verdict = sale::Verdict::unavailable;
    outcome.message = "the disk is full";
  } else {
    const std::size_t before = open_->events.size();
    outcome = book_.apply(request.command, open_->at, open_->events);
    encode_new_events(before);
  }
  ++answers_[static_cast<std::size_t>(outcome.verdict)];
  ReplyGroups& replies = must_wait(outcome) ? open_->waiting : at_once_;
  replies.add(*request.sink, request.ticket, std::move(outcome));
}

bool Writer::must_wait(const sale::Outcome& outcome) const {
  return reveals_state(outcome) && (!open_->events.empty() || !committer_.idle());
}

void Writer::encode_new_events(std::size_t from) {
  ByteWriter out(open_->record);
  for (std::size_t i = from; i < open_->events.size(); ++i) {
    const sale::Event& event = open_->events[i];
    sale::encode(event, out);
    if (const auto* defined = std::get_if<sale::event::SaleDefined>(&event)) {
      on_.latches.set_items(defined->sale, defined->rules->items.size());
    } else if (const auto* changed = std::get_if<sale::event::PhaseChanged>(&event)) {
      on_.latches.set_reason(changed->sale, changed->reason);
    }
  }
}

void Writer::publish() {
  for (const sale::SaleNo sale : book_.take_touched()) on_.latches.publish(book_, sale, last_time_);
}

void Writer::hand_over() {
  if (open_->empty() || !committer_.ready()) return;
  if (open_->events.empty()) {
    // It waited only for the batch before it, which is durable now.
    open_->waiting.deliver();
    open_->clear();
    return;
  }
  events_since_snapshot_ += open_->events.size();
  const std::uint64_t every = on_.config.snapshot_every_events;
  if (every != 0 && events_since_snapshot_ >= every) {
    const auto start = std::chrono::steady_clock::now();
    ByteWriter out(open_->state);
    book_.save(out);
    events_since_snapshot_ = 0;
    const auto took = std::chrono::steady_clock::now() - start;
    auto& longest = on_.counters.snapshot_pause_nanos_max;
    const auto nanos = static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count());
    longest.store(std::max(longest.load(std::memory_order_relaxed), nanos),
                  std::memory_order_relaxed);
  }
  open_ = committer_.exchange(std::move(open_));
}

void Writer::refuse_everything() {
  on_.rush.close();
  on_.reserved.close();
  constexpr const char* kWhy = "the journal cannot be written";
  open_->waiting.withdraw(kWhy);
  open_->waiting.deliver();
  while (!on_.rush.finished() || !on_.reserved.finished()) {
    Request request;
    while (on_.reserved.pop(request) || on_.rush.pop(request)) {
      sale::Outcome outcome;
      outcome.verdict = sale::Verdict::unavailable;
      outcome.message = kWhy;
      at_once_.add(*request.sink, request.ticket, std::move(outcome));
    }
    at_once_.deliver();
    std::this_thread::yield();
  }
}

void Writer::rest(std::size_t drained) {
  if (!open_->empty() && !committer_.ready() && !committer_.failed()) return on_.bell.doze(kDoze);
  if (drained >= kBusyDrain && !on_.rush.finished()) {
    std::this_thread::sleep_for(kNap);
    return;
  }
  on_.bell.sleep(kTickInterval, [this] {
    if (committer_.failed() || has_inspections_.load(std::memory_order_seq_cst)) return true;
    if (!open_->empty() && committer_.ready()) return true;
    if (on_.rush.finished() && on_.reserved.finished()) return committer_.ready();
    return may_take_more(last_time_) && (on_.rush.has_next() || on_.reserved.has_next());
  });
}

void Writer::inspect(const std::function<void(const sale::Book&)>& look) {
  std::packaged_task<void()> task([this, &look] { look(book_); });
  auto finished = task.get_future();
  {
    const std::lock_guard lock(inspections_mutex_);
    if (ended_) {
      task();
    } else {
      inspections_.push_back(std::move(task));
      has_inspections_.store(true, std::memory_order_seq_cst);
    }
  }
  on_.bell.alarm();
  finished.get();
}

void Writer::run_inspections(bool last) {
  const std::lock_guard lock(inspections_mutex_);
  has_inspections_.store(false, std::memory_order_seq_cst);
  for (auto& task : inspections_) task();
  inspections_.clear();
  if (last) ended_ = true;
}

}  // namespace onrush::engine
