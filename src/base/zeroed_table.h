// A large table that is looked up at random places: on huge pages where the kernel gives them, so
// that a look-up costs a cache miss and not a walk through the page table as well.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace onrush {

// `size` value-initialised T. Throws std::bad_alloc.
template <class T>
class ZeroedTable {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  ZeroedTable() = default;
  explicit ZeroedTable(std::size_t size) {
    const std::size_t bytes = size * sizeof(T);
    const bool large = bytes >= kHugePage;
    const std::align_val_t alignment{large ? kHugePage : alignof(T)};
    void* memory = ::operator new(bytes, alignment);
    // A wish; without it everything works, a little slower.
    if (large) ::madvise(memory, bytes, MADV_HUGEPAGE);
    items_ = {static_cast<T*>(memory), Free{alignment}};
    std::uninitialized_value_construct_n(items_.get(), size);
  }

  explicit operator bool() const { return items_ != nullptr; }
  T& operator[](std::size_t i) const { return items_[i]; }

 private:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;
  struct Free {
    std::align_val_t alignment{alignof(T)};
    void operator()(T* memory) const { ::operator delete(memory, alignment); }
  };
  std::unique_ptr<T[], Free> items_;
};

}  // namespace onrush
