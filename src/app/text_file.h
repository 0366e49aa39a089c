#pragma once

#include <string>

#include "base/result.h"

namespace onrush::app {

// The whole of a file. Errors: invalid, with the path in it.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

}  // namespace onrush::app
