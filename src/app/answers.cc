#include "app/answers.h"

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

namespace onrush::app {

Result<std::map<std::string, std::string>> question_answers(const std::string& path) {
  namespace json = boost::json;
  std::ifstream in(path);
  if (!in) return rejected("cannot read " + path);
  boost::system::error_code ec;
  const json::value file = json::parse(std::string{std::istreambuf_iterator<char>(in), {}}, ec);
  if (ec || !file.is_object()) return invalid(path + " is not a sale file");
  std::map<std::string, std::string> answers;
  boost::system::error_code absent;
  const json::value* questions = file.find_pointer("/admission/questions", absent);
  if (questions == nullptr || !questions->is_array()) return answers;
  for (const json::value& entry : questions->get_array()) {
    const json::value* text = entry.find_pointer("/question", absent);
    const json::value* english = entry.find_pointer("/question/en", absent);
    const json::value* answer = entry.find_pointer("/answers/0", absent);
    if (english != nullptr) text = english;
    if (text == nullptr || !text->is_string() || answer == nullptr || !answer->is_string()) {
      return invalid(path + ": a question without a text or an answer");
    }
    answers.emplace(std::string(text->get_string()), std::string(answer->get_string()));
  }
  return answers;
}

}  // namespace onrush::app
