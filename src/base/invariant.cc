#include "base/invariant.h"

#include <cstdio>
#include <cstdlib>

namespace onrush {

void invariant_failed(const char* expression, const char* what, const char* file, int line) {
  std::fprintf(stderr, "onrush: invariant violated: %s (%s) at %s:%d\n", what, expression, file,
               line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace onrush
