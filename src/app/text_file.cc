#include "app/text_file.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace onrush::app {

Result<std::string> read_text_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) return invalid(fmt::format("{}: cannot be read", path));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return invalid(fmt::format("{}: cannot be read", path));  // such as a directory
  return text;
}

}  // namespace onrush::app
