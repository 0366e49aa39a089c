// The projector: a thread that feeds the read model from the journal, and nothing else.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ports/journal.h"
#include "ports/read_model.h"

namespace onrush::engine {

struct ProjectorConfig {
  std::size_t chunk_events_max = 5'000;  // about; one transaction of the read model
  std::chrono::milliseconds poll{5};
  // After a chunk of so many events more are coming: to gather them for a moment makes fewer,
  // larger transactions, which cost less for each event. A read model at rest follows within
  // `poll`.
  std::size_t gather_from_events = 100;
  std::chrono::milliseconds gather{25};
  std::chrono::milliseconds retry_first{50};
  std::chrono::milliseconds retry_longest{5'000};
  // Called on the projector's thread with every error, before it waits or gives up.
  std::function<void(const Error&)> on_error;
};

// Each event takes effect exactly once: the position is stored by the read model in the same
// transaction, and what it already has is skipped. Retryable errors are tried again for ever, with
// growing pauses. An error of another kind ends the projector (`failed()`), because to skip an
// event would be worse.
class Projector {
 public:
  using OpenReader = std::function<std::unique_ptr<ports::JournalReader>(std::uint64_t from_seq)>;

  // Starts at once behind the read model's position. `model` must outlive the projector.
  Projector(ports::ReadModelWriter& model, OpenReader open_reader, ProjectorConfig config = {});
  ~Projector();  // stop()
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;

  // Finishes the chunk at hand and joins. Idempotent.
  void stop();
  // Thread-safe.
  [[nodiscard]] std::uint64_t position() const noexcept {
    return position_.load(std::memory_order_acquire);
  }
  [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  // True once position() >= seq; false after `timeout`, or when it has failed or stopped before.
  [[nodiscard]] bool wait_for(std::uint64_t seq, std::chrono::milliseconds timeout);

 private:
  void run();
  Status project();
  [[nodiscard]] std::chrono::milliseconds until_next(std::size_t events) const;
  bool pause(std::chrono::milliseconds time);
  void advance(std::uint64_t position);

  ports::ReadModelWriter& model_;
  const OpenReader open_reader_;
  const ProjectorConfig config_;
  std::unique_ptr<ports::JournalReader> reader_;
  std::vector<ports::JournalBatch> chunk_;  // the first used_ wait to be applied
  std::size_t used_ = 0;
  std::atomic<std::uint64_t> position_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

// Feeds the whole journal, up to `last_seq`, into an empty read model on the caller's thread.
// Errors: rejected when the model is not empty; those of reader and model.
[[nodiscard]] Status rebuild(ports::ReadModelWriter& model, ports::JournalReader& from_first,
                             std::uint64_t last_seq, std::size_t chunk_events_max = 5'000);

}  // namespace onrush::engine
