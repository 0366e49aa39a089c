// The answers to a sale's questions, for a crowd that shall get past them.
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace onrush::app {

// Of a sale file: each question's English text (or its only one) → the first of its answers; empty
// if the sale asks nothing. Errors: rejected (cannot be read), invalid (no sale file).
[[nodiscard]] Result<std::map<std::string, std::string>> question_answers(const std::string& path);

}  // namespace onrush::app
