// A data directory in memory that can lose power, tear writes, fail at any operation, and be full.
//
// It is as unkind as a real disk may be: until a sync, each written sector may or may not survive a
// crash, by itself; until the directory is synced, any number of the last name changes may be lost;
// a failed sync throws the data away that it should have saved; and a failed write may have written
// a part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ports/storage.h"

namespace onrush::testing {

class FaultyStorage final : public ports::Storage {
 public:
  static constexpr std::size_t kSector = 512;
  using Content = std::vector<std::byte>;

  explicit FaultyStorage(std::uint64_t seed = 1) : random_(seed) {}

  // Operation number n (counted from 1 over all that change something) and all later ones fail; 0 =
  // none.
  void fail_from(std::uint64_t n) {
    const std::lock_guard lock(mutex_);
    fail_from_ = n;
    failures_left_ = UINT64_MAX;
  }
  // Only operation number n fails.
  void fail_once(std::uint64_t n) {
    const std::lock_guard lock(mutex_);
    fail_from_ = n;
    failures_left_ = 1;
  }
  // create() fails as on a full disk; what exists can be written.
  void set_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
  }
  [[nodiscard]] std::uint64_t operations() {
    const std::lock_guard lock(mutex_);
    return operations_;
  }

  // What a power failure leaves. Everything that uses the storage must be gone, or be thrown away.
  void crash() {
    const std::lock_guard lock(mutex_);
    // Name changes reach the disk in their order; any number of the last may be missing.
    const std::size_t kept = changes_.empty() ? 0 : random_() % (changes_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) apply(changes_[i], durable_names_);
    changes_.clear();
    names_ = durable_names_;
    for (auto& [name, node] : names_) node->crash(random_);
    locks_.clear();
    fail_from_ = 0;
  }

  // Direct access for tests that damage files. Null if there is none of this name.
  [[nodiscard]] Content* content(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : &found->second->now;
  }
  // After damaging: what is there now is what is on the disk.
  void settle() {
    const std::lock_guard lock(mutex_);
    changes_.clear();
    durable_names_ = names_;
    for (auto& [name, node] : names_) {
      node->durable = node->now;
      node->dirty.clear();
    }
  }

  Result<std::unique_ptr<ports::File>> create(const std::string& name,
                                              std::uint64_t size) override {
    const std::lock_guard lock(mutex_);
    if (full_) return retryable("no space left for " + name);
    if (fails()) return retryable("injected failure to create " + name);
    auto node = std::make_shared<Node>();
    node->now.resize(size);
    node->durable.resize(size);
    change({name, "", node});
    return std::unique_ptr<ports::File>(std::make_unique<OpenFile>(*this, node));
  }
  Result<std::unique_ptr<ports::File>> open(const std::string& name, ports::Access) override {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(name);
    if (found == names_.end()) return rejected("no file " + name);
    return std::unique_ptr<ports::File>(std::make_unique<OpenFile>(*this, found->second));
  }
  Status rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    if (fails()) return unknown_outcome("injected failure to rename " + from);
    const auto found = names_.find(from);
    if (found == names_.end()) return unknown_outcome("no file " + from);
    change({to, from, found->second});
    return {};
  }
  Status remove(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    if (fails()) return retryable("injected failure to remove " + name);
    change({"", name, nullptr});
    return {};
  }
  Status sync_directory() override {
    const std::lock_guard lock(mutex_);
    if (fails()) return unknown_outcome("injected failure to sync the directory");
    for (const Change& each : changes_) apply(each, durable_names_);
    changes_.clear();
    return {};
  }
  Result<std::vector<std::string>> list() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, node] : names_) out.push_back(name);
    return out;
  }
  Result<std::unique_ptr<ports::DirectoryLock>> lock(const std::string& name) override {
    const std::lock_guard guard(mutex_);
    auto& held = locks_[name];
    if (!held.expired()) return rejected("the data directory is in use");
    auto token = std::make_shared<int>(0);
    held = token;
    return std::unique_ptr<ports::DirectoryLock>(std::make_unique<HeldLock>(std::move(token)));
  }
  std::string describe(const std::string& name) const override { return "memory/" + name; }

 private:
  struct Node {
    Content now;      // what a reader sees
    Content durable;  // what is surely on the disk
    std::vector<std::pair<std::uint64_t, std::uint64_t>>
        dirty;  // [begin, end) written since the last sync

    void crash(std::mt19937_64& random) {
      durable.resize(
          now.size());  // sizes of preallocated files do not change; of others, zeros appear
      for (const auto& [begin, end] : dirty) {
        for (std::uint64_t at = begin / kSector * kSector; at < end; at += kSector) {
          if ((random() & 1) == 0) continue;
          const std::uint64_t from = std::max<std::uint64_t>(at, begin);
          const std::uint64_t to = std::min<std::uint64_t>(at + kSector, end);
          std::memcpy(&durable[from], &now[from], to - from);
        }
      }
      dirty.clear();
      now = durable;
    }
  };
  struct Change {
    std::string to;    // "" = removed
    std::string from;  // "" = created
    std::shared_ptr<Node> node;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  struct HeldLock final : ports::DirectoryLock {
    explicit HeldLock(std::shared_ptr<int> t) : token(std::move(t)) {}
    std::shared_ptr<int> token;
  };

  class OpenFile final : public ports::File {
   public:
    OpenFile(FaultyStorage& storage, std::shared_ptr<Node> node)
        : on_(storage), node_(std::move(node)) {}
    Status write_at(std::uint64_t offset, Bytes data) override {
      const std::lock_guard lock(on_.mutex_);
      const bool failed = on_.fails();
      if (failed) {
        // The kernel copies page by page, so a write that is cut short ends at a sector's border.
        const std::uint64_t cut = (offset + data.size() / 2) / kSector * kSector;
        data = data.first(cut > offset ? cut - offset : 0);
      }
      if (offset + data.size() > node_->now.size()) node_->now.resize(offset + data.size());
      std::copy(data.begin(), data.end(), node_->now.begin() + static_cast<std::ptrdiff_t>(offset));
      node_->dirty.emplace_back(offset, offset + data.size());
      if (failed) return unknown_outcome("injected failure to write");
      return {};
    }
    Status read_at(std::uint64_t offset, std::span<std::byte> out) override {
      const std::lock_guard lock(on_.mutex_);
      if (offset + out.size() > node_->now.size()) return corrupt("the file ends before");
      std::copy_n(node_->now.begin() + static_cast<std::ptrdiff_t>(offset), out.size(),
                  out.begin());
      return {};
    }
    Status sync() override {
      const std::lock_guard lock(on_.mutex_);
      if (on_.fails()) {
        // Some of it may have been saved, the rest is forgotten.
        node_->crash(on_.random_);
        return unknown_outcome("injected failure to sync");
      }
      node_->durable.resize(node_->now.size());
      for (const auto& [begin, end] : node_->dirty) {
        std::memcpy(&node_->durable[begin], &node_->now[begin], end - begin);
      }
      node_->dirty.clear();
      return {};
    }
    Result<std::uint64_t> size() override {
      const std::lock_guard lock(on_.mutex_);
      return node_->now.size();
    }

   private:
    FaultyStorage& on_;
    const std::shared_ptr<Node> node_;
  };

  bool fails() {
    ++operations_;
    if (fail_from_ == 0 || operations_ < fail_from_ || failures_left_ == 0) return false;
    if (failures_left_ != UINT64_MAX) --failures_left_;
    return true;
  }
  static void apply(const Change& change, Names& names) {
    if (!change.from.empty()) names.erase(change.from);
    if (!change.to.empty()) names[change.to] = change.node;
  }
  void change(Change made) {
    apply(made, names_);
    changes_.push_back(std::move(made));
  }

  std::mutex mutex_;
  std::mt19937_64 random_;
  Names names_;
  Names durable_names_;
  std::vector<Change> changes_;  // not durable yet
  std::map<std::string, std::weak_ptr<int>> locks_;
  std::uint64_t operations_ = 0;
  std::uint64_t fail_from_ = 0;
  std::uint64_t failures_left_ = 0;
  bool full_ = false;
};

}  // namespace onrush::testing
