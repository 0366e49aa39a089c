#include "app/interrupt.h"

#include <csignal>

namespace onrush::app {
namespace {

std::atomic<bool> signalled{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

void note_signal(int) {
  signalled = true;
}

}  // namespace

const std::atomic<bool>& interrupted() {
  return signalled;
}

void stop_on(std::initializer_list<int> signals) {
  struct sigaction action {};
  action.sa_handler = note_signal;
  for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

}  // namespace onrush::app
