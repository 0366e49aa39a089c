// What the conformance suite needs of a box office: any implementation provides a factory of these.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/box_office.h"

namespace onrush::conformance {

struct OfficeOptions {
  std::size_t rush_capacity = 65'536;
};

class OfficeUnderTest {
 public:
  virtual ~OfficeUnderTest() = default;
  [[nodiscard]] virtual ports::BoxOffice& office() = 0;
  [[nodiscard]] virtual TimePoint now() const = 0;
  virtual void advance(Millis by) = 0;
  // Ends the office without a clean stop if it can, and starts another on what is stored. False: it
  // cannot.
  virtual bool restart() = 0;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<OfficeUnderTest>(const OfficeOptions&)> make;
};

// One for each implementation that is linked into the program.
[[nodiscard]] std::vector<Implementation> implementations();

}  // namespace onrush::conformance
