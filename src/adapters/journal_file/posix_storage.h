// The files of a data directory on a real disk (Linux). Local file systems only: locking and the
// order of writes are not to be relied upon over a network.
#pragma once

#include <memory>
#include <string>

#include "ports/storage.h"

namespace onrush::adapters {

class PosixStorage final : public ports::Storage {
 public:
  // Opens the directory; makes it (mode 0700) if it is missing and its parent exists.
  // Error: rejected, naming path and cause.
  [[nodiscard]] static Result<std::unique_ptr<PosixStorage>> open_directory(
      const std::string& path);
  ~PosixStorage() override;
  PosixStorage(const PosixStorage&) = delete;
  PosixStorage& operator=(const PosixStorage&) = delete;

  [[nodiscard]] Result<std::unique_ptr<ports::File>> create(const std::string& name,
                                                            std::uint64_t size) override;
  [[nodiscard]] Result<std::unique_ptr<ports::File>> open(const std::string& name,
                                                          ports::Access access) override;
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] Status remove(const std::string& name) override;
  [[nodiscard]] Status sync_directory() override;
  [[nodiscard]] Result<std::vector<std::string>> list() override;
  [[nodiscard]] Result<std::unique_ptr<ports::DirectoryLock>> lock(
      const std::string& name) override;
  [[nodiscard]] std::string describe(const std::string& name) const override;

 private:
  PosixStorage(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;  // of the directory
};

}  // namespace onrush::adapters
