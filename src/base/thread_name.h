// Names the calling thread, as top, gdb and the kernel show it (15 characters at most).
#pragma once

#include <pthread.h>

namespace onrush {

inline void name_this_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace onrush
