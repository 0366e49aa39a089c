#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "adapters/journal_file/posix_storage.h"
#include "conformance/box_office/office.h"
#include "engine/engine.h"
#include "support/manual_clock.h"

namespace onrush::conformance {
namespace {

// The embedded engine over real files in a private directory.
class EmbeddedOffice final : public OfficeUnderTest {
 public:
  explicit EmbeddedOffice(const OfficeOptions& options) : options_(options) {
    std::string path = (std::filesystem::temp_directory_path() / "onrush-office-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = path;
    begin();
  }
  ~EmbeddedOffice() override {
    engine_.reset();
    std::filesystem::remove_all(path_);
  }

  ports::BoxOffice& office() override { return *engine_; }
  TimePoint now() const override { return clock_.now(); }
  void advance(Millis by) override { clock_.advance(by); }
  bool restart() override {
    engine_.reset();
    begin();
    return true;
  }

 private:
  void begin() {
    engine_.reset();
    auto storage = adapters::PosixStorage::open_directory(path_);
    if (!storage) throw std::runtime_error(storage.error().message);
    storage_ = std::move(storage.value());
    engine::EngineConfig config;
    config.rush_capacity = options_.rush_capacity;
    config.segment_bytes = 1 << 20;
    config.snapshot_on_stop = false;
    auto engine = engine::Engine::open(config, *storage_, clock_);
    if (!engine) throw std::runtime_error(engine.error().message);
    engine_ = std::move(engine.value());
    engine_->start();
  }

  const OfficeOptions options_;
  std::string path_;
  testing::ManualClock clock_;
  std::unique_ptr<adapters::PosixStorage> storage_;
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace

std::vector<Implementation> implementations() {
  return {{"embedded",
           [](const OfficeOptions& options) { return std::make_unique<EmbeddedOffice>(options); }}};
}

}  // namespace onrush::conformance
