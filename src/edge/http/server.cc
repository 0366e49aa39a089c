#include "edge/http/server.h"

#include <pthread.h>
#include <time.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "edge/http/listen_socket.h"
#include "edge/http/loop.h"

namespace onrush::http {
namespace {

double thread_cpu_seconds(clockid_t clock) {
  timespec used{};
  if (clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

class AsioServer final : public Server {
 public:
  AsioServer(ServerConfig config, MakeService make_service, const Listeners& listeners)
      : config_(std::move(config)), make_service_(std::move(make_service)), port_(listeners.port) {
    for (std::size_t i = 0; i < listeners.descriptors.size(); ++i) {
      loops_.push_back(std::make_unique<Loop>(static_cast<unsigned>(i), config_,
                                              listeners.descriptors[i], open_));
    }
  }

  ~AsioServer() override { stop(std::chrono::milliseconds(0)); }

  void start() override {
    const std::lock_guard lock(mutex_);
    if (!threads_.empty() || stopped_) return;
    for (const auto& loop : loops_) {
      std::promise<void> ready;
      threads_.emplace_back([this, &loop = *loop, &ready] {
        pthread_setname_np(
            pthread_self(),
            (config_.name.substr(0, 10) + "/" + std::to_string(loop.index())).c_str());
        bool reported = false;
        try {
          loop.run(make_service_, [&] {
            reported = true;
            ready.set_value();
          });
        } catch (...) {
          // A service that cannot be made is start()'s failure; anything later must not go unseen.
          if (reported) throw;
          ready.set_exception(std::current_exception());
        }
        finished_cpu_micros_.fetch_add(
            static_cast<std::uint64_t>(thread_cpu_seconds(CLOCK_THREAD_CPUTIME_ID) * 1e6));
      });
      ready.get_future().get();
    }
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

  void stop(std::chrono::milliseconds grace) override {
    const auto deadline = std::chrono::steady_clock::now() + grace;
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      loops_[i]->post([loop = loops_[i].get()] { loop->drain(); });
    }
    if (!threads_.empty()) wait_for_connections(deadline);
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      loops_[i]->post([loop = loops_[i].get()] { loop->finish(); });
    }
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] ServerStats stats() const override {
    ServerStats sum;
    for (const auto& loop : loops_) {
      const LoopCounters& c = loop->counters();
      sum.requests += c.requests.get();
      sum.connections_accepted += c.accepted.get();
      sum.connections_refused += c.refused.get();
      sum.bad_requests += c.bad_requests.get();
      sum.timeouts += c.timeouts.get();
      sum.websockets_open += c.websockets_open.get();
      sum.websocket_dropped_slow += c.dropped_slow.get();
      sum.service_failures += c.service_failures.get();
      sum.accept_failures += c.accept_failures.get();
    }
    sum.connections_open = open_.load(std::memory_order_relaxed);
    return sum;
  }

  [[nodiscard]] double cpu_seconds() const override {
    double sum = static_cast<double>(finished_cpu_micros_.load()) * 1e-6;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock() || stopped_) return sum;  // the threads are starting or ending
    for (const std::thread& thread : threads_) {
      clockid_t clock{};
      if (pthread_getcpuclockid(const_cast<std::thread&>(thread).native_handle(), &clock) == 0) {
        sum += thread_cpu_seconds(clock);
      }
    }
    return sum;
  }

 private:
  void wait_for_connections(std::chrono::steady_clock::time_point deadline) const {
    const auto ended = [this] {
      for (std::size_t i = 0; i < threads_.size(); ++i) {
        if (!loops_[i]->drained()) return false;
      }
      return open_.load() == 0;
    };
    while (!ended() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const ServerConfig config_;
  const MakeService make_service_;
  const std::uint16_t port_;
  std::atomic<std::uint32_t> open_{0};
  std::atomic<std::uint64_t> finished_cpu_micros_{0};
  std::vector<std::unique_ptr<Loop>> loops_;
  mutable std::mutex mutex_;  // threads_ and stopped_
  std::vector<std::thread> threads_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(ServerConfig config, MakeService make_service) {
  const unsigned workers = config.workers == 0 ? 1 : config.workers;
  auto listeners = open_listeners(config.address, config.port, workers);
  if (!listeners) return listeners.error();
  return std::unique_ptr<Server>(
      std::make_unique<AsioServer>(std::move(config), std::move(make_service), *listeners));
}

}  // namespace onrush::http
