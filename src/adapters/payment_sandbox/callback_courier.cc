#include "adapters/payment_sandbox/callback_courier.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <queue>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "adapters/payment_sandbox/http_client.h"
#include "adapters/payment_sandbox/signature.h"
#include "base/thread_name.h"

namespace onrush::payment_sandbox {
namespace {

using Steady = std::chrono::steady_clock;

struct Letter {
  Steady::time_point due;
  std::uint64_t number = 0;  // letters due at once leave in the order they came
  unsigned tries = 0;
  std::string body;
};

struct Later {
  bool operator()(const Letter& a, const Letter& b) const {
    return a.due != b.due ? a.due > b.due : a.number > b.number;
  }
};

std::size_t ignore(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

// One transfer: an easy handle that is used again and again, and the letter that it carries.
struct Carrier {
  CURL* curl = nullptr;
  curl_slist* headers = nullptr;
  Letter letter;
};

}  // namespace

struct CallbackCourier::Impl {
  Impl(CourierConfig courier_config, const ports::Clock& wall_clock)
      : config(std::move(courier_config)),
        clock(wall_clock),
        key(config.secret),
        random(config.seed) {
    start_curl();
    multi = curl_multi_init();
    if (multi == nullptr) throw std::runtime_error("libcurl: no memory");
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(config.parallel));
    carriers.resize(std::max(1u, config.parallel));
    for (Carrier& carrier : carriers) {
      prepare(carrier);
      idle.push_back(&carrier);
    }
    thread = std::thread([this] {
      name_this_thread("callbacks");
      run();
    });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    curl_multi_wakeup(multi);
    thread.join();
    for (Carrier& carrier : carriers) {
      curl_multi_remove_handle(multi, carrier.curl);
      curl_easy_cleanup(carrier.curl);
      curl_slist_free_all(carrier.headers);
    }
    curl_multi_cleanup(multi);
  }

  void prepare(Carrier& carrier) {
    carrier.curl = curl_easy_init();
    if (carrier.curl == nullptr) throw std::runtime_error("libcurl: no memory");
    curl_easy_setopt(carrier.curl, CURLOPT_URL, config.url.c_str());
    curl_easy_setopt(carrier.curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(carrier.curl, CURLOPT_PROXY, "");
    curl_easy_setopt(carrier.curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(carrier.curl, CURLOPT_TIMEOUT_MS, static_cast<long>(config.timeout.count()));
    curl_easy_setopt(carrier.curl, CURLOPT_WRITEFUNCTION, &ignore);
    curl_easy_setopt(carrier.curl, CURLOPT_PRIVATE, &carrier);
  }

  // The next letter that is due, if any.
  bool take_due(Letter& letter) {
    const std::lock_guard lock(mutex);
    if (queue.empty() || queue.top().due > Steady::now()) return false;
    letter = queue.top();
    queue.pop();
    ++under_way;
    return true;
  }

  void dispatch(Carrier& carrier) {
    const std::string signature =
        std::string(kSignatureHeader) + ": " + sign_callback(key, clock.now(), carrier.letter.body);
    curl_slist_free_all(carrier.headers);
    carrier.headers = curl_slist_append(nullptr, "content-type: application/json");
    carrier.headers = curl_slist_append(carrier.headers, "expect:");
    carrier.headers = curl_slist_append(carrier.headers, signature.c_str());
    curl_easy_setopt(carrier.curl, CURLOPT_HTTPHEADER, carrier.headers);
    curl_easy_setopt(carrier.curl, CURLOPT_POSTFIELDS, carrier.letter.body.data());
    curl_easy_setopt(carrier.curl, CURLOPT_POSTFIELDSIZE,
                     static_cast<long>(carrier.letter.body.size()));
    curl_multi_add_handle(multi, carrier.curl);
  }

  void dispatch_all_due() {
    while (!idle.empty() && take_due(idle.back()->letter)) {
      Carrier* carrier = idle.back();
      idle.pop_back();
      dispatch(*carrier);
    }
  }

  void collect_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      CURL* curl = message->easy_handle;
      Carrier* carrier = nullptr;
      long status = 0;
      curl_easy_getinfo(curl, CURLINFO_PRIVATE, &carrier);
      curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
      curl_multi_remove_handle(multi, curl);
      finish(carrier->letter, code == CURLE_OK && status >= 200 && status < 300);
      idle.push_back(carrier);
    }
  }

  void finish(Letter& letter, bool delivered) {
    const std::lock_guard lock(mutex);
    --under_way;
    if (delivered) {
      ++load.delivered;
      return;
    }
    ++load.failed_tries;
    if (++letter.tries >= config.tries_max) {
      ++load.given_up;
      return;
    }
    const auto doubled = config.retry_min * (std::int64_t{1} << std::min(letter.tries - 1, 20u));
    const auto wait = std::min<Millis>(config.retry_max, doubled);
    // Between half of it and all of it, so that many failures at once do not come back at once.
    std::uniform_int_distribution<std::int64_t> jitter(wait.count() / 2, wait.count());
    letter.due = Steady::now() + Millis{jitter(random)};
    queue.push(std::move(letter));
  }

  int wait_ms() {
    const std::lock_guard lock(mutex);
    if (stopping) return 0;
    if (queue.empty() || idle.empty()) return 1'000;
    const auto wait = std::chrono::ceil<Millis>(queue.top().due - Steady::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 1'000));
  }

  bool stopped() {
    const std::lock_guard lock(mutex);
    return stopping;
  }

  void run() {
    while (!stopped()) {
      dispatch_all_due();
      int running = 0;
      curl_multi_perform(multi, &running);
      collect_finished();
      curl_multi_poll(multi, nullptr, 0, wait_ms(), nullptr);  // ends early by a wake-up
    }
  }

  const CourierConfig config;
  const ports::Clock& clock;
  const HmacSha256 key;
  CURLM* multi = nullptr;
  std::vector<Carrier> carriers;
  std::vector<Carrier*> idle;  // the thread's own

  mutable std::mutex mutex;
  std::priority_queue<Letter, std::vector<Letter>, Later> queue;
  std::mt19937_64 random;
  std::uint64_t letters = 0;
  std::size_t under_way = 0;
  Load load;
  bool stopping = false;
  std::thread thread;
};

CallbackCourier::CallbackCourier(CourierConfig config, const ports::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(config), clock)) {}

CallbackCourier::~CallbackCourier() = default;

void CallbackCourier::send(std::string body, Millis delay) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->queue.push({Steady::now() + delay, impl_->letters++, 0, std::move(body)});
  }
  curl_multi_wakeup(impl_->multi);
}

CallbackCourier::Load CallbackCourier::load() const {
  const std::lock_guard lock(impl_->mutex);
  Load load = impl_->load;
  load.waiting = impl_->queue.size() + impl_->under_way;
  return load;
}

}  // namespace onrush::payment_sandbox
