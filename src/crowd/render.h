// The crowd's words: a live line, a table at the end, or JSON for other programs.
#pragma once

#include <cstdio>
#include <string>

#include "crowd/crowd.h"

namespace onrush::crowd {

// One line, without its end.
[[nodiscard]] std::string render_line(const Progress& progress);
// The table; escape codes only if `colour`.
[[nodiscard]] std::string render_text(const Report& report, bool colour = false);
// One JSON object, without a line end.
[[nodiscard]] std::string render_json(const Report& report);

// Whether colours suit this stream: a terminal, no NO_COLOR, TERM not "dumb".
[[nodiscard]] bool wants_colour(std::FILE* stream);

// Shows progress: on a terminal one line that is written over, elsewhere a line every five seconds.
class LiveLine {
 public:
  explicit LiveLine(std::FILE* stream);
  ~LiveLine();  // ends the line
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;
  void show(const Progress& progress);

 private:
  std::FILE* stream_;
  bool terminal_;
  bool written_ = false;
  double next_ = -1e9;  // seconds since the opening of the next line, where lines stay
};

}  // namespace onrush::crowd
