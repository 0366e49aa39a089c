#include "edge/live/live_hub.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/thread_name.h"
#include "edge/live/documents.h"
#include "edge/live/live_room.h"
#include "edge/live/personal_message.h"
#include "edge/live/reply_box.h"

namespace onrush::live {
namespace {

using Steady = std::chrono::steady_clock;

std::string etag_of(std::string_view bytes) {
  return fmt::format("\"{:016x}\"", mix_bits(std::hash<std::string_view>{}(bytes)));
}

LiveDocumentPtr build_document(const SaleEntry& sale, const ports::BoxOffice& office,
                               TimePoint now) {
  std::vector<ports::ItemStatus> items(sale.rules->items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i] = office.status(sale.sale, sale::ItemNo{static_cast<std::uint16_t>(i)});
  }
  auto document = std::make_shared<LiveDocument>();
  document->json = live_document(sale, items, office.line(sale.sale), now);
  document->etag = etag_of(document->json);
  document->frame = http::encode_text_frame(document->json);
  document->built_at = Steady::now();
  return document;
}

http::SharedFrame order_frame(const PersonalNews& news, const sale::OrderView& order,
                              const sale::SaleRules& rules) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("type").text("order").key("cause").text(news.cause);
  write_order_members(out, order, news.buyer, rules, false);
  out.end_object();
  return http::encode_text_frame(text);
}

http::SharedFrame standby_left_frame(const PersonalNews& news, const sale::SaleRules& rules) {
  std::string text;
  JsonWriter(text)
      .begin_object()
      .key("type")
      .text("standby_left")
      .key("sale")
      .text(rules.key)
      .key("standby")
      .id(news.standby.value())
      .key("how")
      .text(news.how)
      .end_object();
  return http::encode_text_frame(text);
}

}  // namespace

struct LiveHub::Impl {
  Impl(ports::BoxOffice& o, const SaleDirectory& d, const ports::Clock& c, LivePolicy p)
      : office(o), directory(d), clock(c), policy(p) {}

  struct Arrival {
    TimePoint at;
    sale::Event event;
  };

  void run();
  void wait(std::unique_lock<std::mutex>& lock);
  void build_broadcasts(const std::vector<sale::SaleNo>& sales, LiveBatch& batch);
  void build_personal(std::vector<Arrival>& arrivals, LiveBatch& batch);
  void take_replies(std::vector<ports::Reply>& replies, LiveBatch& batch);
  void look_up_waiting();
  void add_personal(const PersonalNews& news, http::SharedFrame frame, LiveBatch& batch);
  void send(LiveBatch batch);

  ports::BoxOffice& office;
  const SaleDirectory& directory;
  const ports::Clock& clock;
  const LivePolicy policy;

  std::mutex mutex;  // guards what follows up to the blank line
  std::condition_variable changed;
  bool stopping = false;
  bool urgent = false;
  std::unordered_map<sale::SaleNo, int> dirty;  // rounds in which the sale is to be looked at
  std::vector<Arrival> inbox;
  std::vector<ports::Reply> replies;
  std::unordered_map<sale::BuyerId, std::uint32_t> present;
  std::vector<std::shared_ptr<LiveRoom>> rooms;

  std::mutex documents_mutex;
  std::unordered_map<sale::SaleNo, LiveDocumentPtr> documents;

  // Hub thread only.
  Steady::time_point next_flush{};
  std::unordered_map<sale::SaleNo, std::string> last_sent;
  std::deque<PersonalNews> waiting;                           // need a look-up
  std::unordered_map<std::uint64_t, PersonalNews> under_way;  // by ticket
  std::uint64_t next_ticket = 1;
  ReplyBox::Ptr reply_box;

  std::atomic<std::uint64_t> broadcasts{0}, personal{0}, dropped{0}, refused{0};
  std::thread thread;
};

LiveHub::LiveHub(ports::BoxOffice& office, const SaleDirectory& directory,
                 const ports::Clock& clock, LivePolicy policy)
    : impl_(std::make_unique<Impl>(office, directory, clock, policy)) {}

LiveHub::~LiveHub() {
  stop();
}

void LiveHub::start() {
  impl_->reply_box = ReplyBox::open([impl = impl_.get()](std::span<ports::Reply> replies) {
    const std::lock_guard lock(impl->mutex);
    std::move(replies.begin(), replies.end(), std::back_inserter(impl->replies));
    impl->changed.notify_one();
  });
  impl_->thread = std::thread([impl = impl_.get()] {
    name_this_thread("push hub");
    impl->run();
  });
}

void LiveHub::stop() {
  if (!impl_->thread.joinable()) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_one();
  }
  impl_->thread.join();
  impl_->reply_box.reset();
}

void LiveHub::on_events(std::uint64_t /*first_seq*/, TimePoint at,
                        std::span<const sale::Event> events) noexcept {
  // Two looks per change: the box office may publish an item's numbers a moment after the event.
  constexpr int kLooks = 2;
  const std::lock_guard lock(impl_->mutex);
  for (const sale::Event& event : events) {
    if (const auto sale = changed_sale(event)) impl_->dirty[*sale] = kLooks;
    if (std::holds_alternative<sale::event::PhaseChanged>(event) ||
        std::holds_alternative<sale::event::NoticeSet>(event)) {
      impl_->urgent = true;
    }
    const auto buyer = buyer_of(event);
    if (!buyer || !impl_->present.contains(*buyer)) continue;
    if (impl_->inbox.size() >= impl_->policy.events_max) {
      impl_->dropped.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    impl_->inbox.push_back({at, event});
  }
  impl_->changed.notify_one();
}

void LiveHub::Impl::wait(std::unique_lock<std::mutex>& lock) {
  const auto has_work = [&] {
    return stopping || urgent || !inbox.empty() || !replies.empty() ||
           (!dirty.empty() && Steady::now() >= next_flush);
  };
  while (!has_work()) {
    if (!waiting.empty()) {
      // The box office was busy; look-ups are tried again at the next round.
      if (changed.wait_for(lock, policy.coalesce) == std::cv_status::timeout) return;
    } else if (dirty.empty()) {
      changed.wait(lock);
    } else {
      changed.wait_until(lock, next_flush);
    }
  }
}

void LiveHub::Impl::run() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    wait(lock);
    if (stopping) return;
    std::vector<sale::SaleNo> sales;
    if (urgent || (!dirty.empty() && Steady::now() >= next_flush)) {
      for (auto& [sale, looks] : dirty) {
        sales.push_back(sale);
        --looks;
      }
      std::erase_if(dirty, [](const auto& row) { return row.second <= 0; });
      next_flush = Steady::now() + policy.coalesce;
      urgent = false;
    }
    std::vector<Arrival> arrivals = std::exchange(inbox, {});
    std::vector<ports::Reply> answers = std::exchange(replies, {});
    lock.unlock();

    LiveBatch batch;
    build_broadcasts(sales, batch);
    take_replies(answers, batch);
    build_personal(arrivals, batch);
    look_up_waiting();
    send(std::move(batch));
    lock.lock();
  }
}

void LiveHub::Impl::build_broadcasts(const std::vector<sale::SaleNo>& sales, LiveBatch& batch) {
  const SaleListPtr list = directory.current();
  for (const sale::SaleNo sale : sales) {
    const SaleEntry* entry = list->find(sale);
    if (entry == nullptr || !is_public(*entry)) continue;
    LiveDocumentPtr document = build_document(*entry, office, clock.now());
    const std::string_view state = live_document_state(document->json);
    std::string& sent = last_sent[sale];
    {
      const std::lock_guard lock(documents_mutex);
      documents[sale] = document;
    }
    if (sent == state) continue;
    sent = state;
    batch.broadcasts.emplace_back(sale, document->frame);
    broadcasts.fetch_add(1, std::memory_order_relaxed);
  }
}

void LiveHub::Impl::build_personal(std::vector<Arrival>& arrivals, LiveBatch& batch) {
  const SaleListPtr list = directory.current();
  for (Arrival& arrival : arrivals) {
    auto news = news_of(arrival.event, arrival.at);
    if (!news) continue;
    const SaleEntry* entry = list->find(news->sale);
    if (entry == nullptr) continue;
    if (news->cause.empty()) {
      add_personal(*news, standby_left_frame(*news, *entry->rules), batch);
    } else if (news->view) {
      add_personal(*news, order_frame(*news, *news->view, *entry->rules), batch);
    } else if (waiting.size() < policy.events_max) {
      waiting.push_back(std::move(*news));
    } else {
      dropped.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

void LiveHub::Impl::look_up_waiting() {
  while (!waiting.empty() && under_way.size() < policy.lookups_max) {
    const std::uint64_t ticket = next_ticket++;
    const PersonalNews& news = waiting.front();
    const sale::command::LookUpOrder question{news.order, news.buyer};
    under_way.emplace(ticket, news);
    if (!reply_box->submit(office, question, ports::Lane::reserved, ticket)) {
      under_way.erase(ticket);
      refused.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    waiting.pop_front();
  }
}

void LiveHub::Impl::take_replies(std::vector<ports::Reply>& answers, LiveBatch& batch) {
  const SaleListPtr list = directory.current();
  for (ports::Reply& reply : answers) {
    const auto asked = under_way.extract(reply.ticket);
    if (asked.empty() || reply.outcome.verdict != sale::Verdict::found) continue;
    const PersonalNews& news = asked.mapped();
    const SaleEntry* entry = list->find(news.sale);
    if (entry != nullptr)
      add_personal(news, order_frame(news, reply.outcome.order, *entry->rules), batch);
  }
}

void LiveHub::Impl::add_personal(const PersonalNews& news, http::SharedFrame frame,
                                 LiveBatch& batch) {
  batch.personal.push_back({news.buyer, std::move(frame)});
  personal.fetch_add(1, std::memory_order_relaxed);
}

void LiveHub::Impl::send(LiveBatch batch) {
  if (batch.broadcasts.empty() && batch.personal.empty()) return;
  const auto shared = std::make_shared<const LiveBatch>(std::move(batch));
  // Under the lock: leave() is then a promise that no batch comes any more.
  const std::lock_guard lock(mutex);
  for (const auto& room : rooms) room->post_batch(shared);
}

LiveDocumentPtr LiveHub::document(sale::SaleNo sale) {
  {
    const std::lock_guard lock(impl_->documents_mutex);
    const auto known = impl_->documents.find(sale);
    if (known != impl_->documents.end() &&
        Steady::now() - known->second->built_at < impl_->policy.document_age_max) {
      return known->second;
    }
  }
  const SaleListPtr list = impl_->directory.current();
  const SaleEntry* entry = list->find(sale);
  if (entry == nullptr || !is_public(*entry)) return nullptr;
  LiveDocumentPtr document = build_document(*entry, impl_->office, impl_->clock.now());
  const std::lock_guard lock(impl_->documents_mutex);
  return impl_->documents[sale] = std::move(document);
}

void LiveHub::say_goodbye(std::chrono::milliseconds timeout) {
  const auto done = std::make_shared<std::promise<void>>();
  {
    const std::lock_guard lock(impl_->mutex);
    const auto left = std::make_shared<std::atomic<std::size_t>>(impl_->rooms.size());
    if (impl_->rooms.empty()) return;
    for (const auto& room : impl_->rooms) {
      room->post_goodbye([left, done] {
        if (left->fetch_sub(1) == 1) done->set_value();
      });
    }
  }
  (void)done->get_future().wait_for(timeout);
}

LiveStats LiveHub::stats() const {
  return {impl_->broadcasts.load(), impl_->personal.load(), impl_->dropped.load(),
          impl_->refused.load()};
}

const LivePolicy& LiveHub::policy() const {
  return impl_->policy;
}
const ports::Clock& LiveHub::clock() const {
  return impl_->clock;
}

void LiveHub::enter(std::shared_ptr<LiveRoom> room) {
  const std::lock_guard lock(impl_->mutex);
  impl_->rooms.push_back(std::move(room));
}

void LiveHub::leave(const LiveRoom& room) {
  const std::lock_guard lock(impl_->mutex);
  std::erase_if(impl_->rooms, [&](const auto& known) { return known.get() == &room; });
}

void LiveHub::buyer_came(sale::BuyerId buyer) {
  const std::lock_guard lock(impl_->mutex);
  ++impl_->present[buyer];
}

void LiveHub::buyer_went(sale::BuyerId buyer) {
  const std::lock_guard lock(impl_->mutex);
  const auto at = impl_->present.find(buyer);
  if (at != impl_->present.end() && --at->second == 0) impl_->present.erase(at);
}

}  // namespace onrush::live
