// A reply sink whose owner may go before its last reply has come: a server stops while the box
// office still works. While it is open, replies reach the handler; after close() they are dropped,
// and the box deletes itself with the last of them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include "ports/box_office.h"

namespace onrush::live {

class ReplyBox final : public ports::ReplySink {
 public:
  // Called on a thread of the box office; must be quick and must not throw. Never called after
  // close().
  using Handler = std::function<void(std::span<ports::Reply>)>;

  struct Close {
    void operator()(ReplyBox* box) const { box->close(); }
  };
  using Ptr = std::unique_ptr<ReplyBox, Close>;
  [[nodiscard]] static Ptr open(Handler handler);

  // Owner's thread only; takes no lock. False: refused, no reply will come.
  [[nodiscard]] bool submit(ports::BoxOffice& office, sale::Command command, ports::Lane lane,
                            std::uint64_t ticket) noexcept;
  void deliver(std::span<ports::Reply> replies) noexcept override;

 private:
  explicit ReplyBox(Handler handler) : handler_(std::move(handler)) {}
  ~ReplyBox() override = default;
  void close();

  std::mutex mutex_;
  Handler handler_;
  bool closed_ = false;
  std::uint64_t delivered_ = 0;
  std::atomic<std::uint64_t> submitted_{0};  // written by the owner only
};

}  // namespace onrush::live
