// INVARIANT: a check that stays on in release. A broken invariant means that state can no longer be
// trusted, so the process stops at once and recovers from its journal; it never carries on.
#pragma once

namespace onrush {

[[noreturn]] void invariant_failed(const char* expression, const char* what, const char* file,
                                   int line);

}  // namespace onrush

#define INVARIANT(expression, what)                                      \
  do {                                                                   \
    if (!(expression)) [[unlikely]]                                      \
      ::onrush::invariant_failed(#expression, what, __FILE__, __LINE__); \
  } while (false)
