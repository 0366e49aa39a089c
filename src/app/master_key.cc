#include "app/master_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace onrush::app {
namespace {

constexpr std::size_t kSecretLengthMin = 32;

std::string random_hex() {
  std::array<unsigned char, 32> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 65> hex{};
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  return hex.data();
}

// Durable before it is used: a token signed with a key that a crash forgets would be worthless.
Status write_new(const std::string& path, const std::string& secret) {
  const std::string temporary = path + ".new";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return rejected(fmt::format("{}: {}", temporary, std::strerror(errno)));
  const std::string line = secret + "\n";
  const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const bool synced = written && ::fsync(fd) == 0;
  ::close(fd);
  if (!synced || ::rename(temporary.c_str(), path.c_str()) != 0) {
    return rejected(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  const int dir =
      ::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir >= 0) {
    ::fsync(dir);
    ::close(dir);
  }
  return {};
}

}  // namespace

Result<std::string> master_secret(const Config& config, bool create) {
  if (sodium_init() < 0) return rejected("libsodium could not be initialised");
  std::string secret = config.master_secret;
  if (secret.empty()) {
    const std::string path = config.data_dir + "/master.key";
    if (std::ifstream in(path); in) {
      std::getline(in, secret);
    } else if (create) {
      secret = random_hex();
      if (const auto written = write_new(path, secret); written.has_error()) return written.error();
    } else {
      return rejected(
          fmt::format("{}: no key there; has a server run with this data directory?", path));
    }
  }
  if (secret.size() < kSecretLengthMin) {
    return invalid(fmt::format("secret.master must have at least {} characters", kSecretLengthMin));
  }
  return secret;
}

}  // namespace onrush::app
