// A consistent copy of a database, also beside a process that writes to it.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace onrush::sql {

// Errors: rejected (cannot be read or written), retryable (locked for too long).
[[nodiscard]] Status copy_database(const std::filesystem::path& from,
                                   const std::filesystem::path& to);

}  // namespace onrush::sql
