#pragma once

#include <atomic>
#include <initializer_list>

namespace onrush::app {

// Whether one of the signals given to stop_on() has come.
[[nodiscard]] const std::atomic<bool>& interrupted();

// From now on these signals only set interrupted(); the command ends by itself.
void stop_on(std::initializer_list<int> signals);

}  // namespace onrush::app
