// The one storage that is used in earnest: what the memory of the other tests cannot show.
#include "adapters/journal_file/posix_storage.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace onrush::adapters {
namespace {

class PosixDirectory : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(path_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(path_); }
  std::unique_ptr<PosixStorage> open() {
    auto opened = PosixStorage::open_directory(path_);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(opened.value());
  }
  std::string path_ = (std::filesystem::temp_directory_path() / "onrush-posix-XXXXXX").string();
};

TEST_F(PosixDirectory, is_locked_by_one_at_a_time) {
  const auto one = open();
  const auto two = open();
  auto held = one->lock("LOCK");
  ASSERT_TRUE(held) << held.error().message;
  const auto refused = two->lock("LOCK");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rejected);
  EXPECT_NE(refused.error().message.find("in use by another process"), std::string::npos);
  held.value().reset();
  EXPECT_TRUE(two->lock("LOCK"));
}

}  // namespace
}  // namespace onrush::adapters
