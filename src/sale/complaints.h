// What is wrong with a sale file, place by place.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onrush::sale {

struct Complaint {
  std::string place;  // as the file has it: "items[1].stock"; "" is the file itself
  std::string what;   // "must be 1..10000000"
  friend bool operator==(const Complaint&, const Complaint&) = default;
};

// Keeps the first complaint about each place, up to kMax of them. What is said about a whole after
// one of its parts was complained about is left out: it is the same fault once more.
class Complaints {
 public:
  static constexpr std::size_t kMax = 100;

  void add(std::string place, std::string_view what) {
    if (full()) return;
    const bool known = std::any_of(list_.begin(), list_.end(), [&](const Complaint& other) {
      return other.place == place || is_part(other.place, place);
    });
    if (!known) list_.push_back({std::move(place), std::string(what)});
  }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] bool full() const { return list_.size() >= kMax; }
  [[nodiscard]] const std::vector<Complaint>& list() const { return list_; }
  // "items[1].stock: must be 1..10000000", of the first.
  [[nodiscard]] std::string first() const {
    if (list_.empty()) return {};
    const Complaint& first = list_.front();
    return (first.place.empty() ? "file" : first.place) + ": " + first.what;
  }

 private:
  static bool is_part(std::string_view place, std::string_view whole) {
    return !whole.empty() && place.size() > whole.size() && place.starts_with(whole) &&
           (place[whole.size()] == '.' || place[whole.size()] == '[');
  }

  std::vector<Complaint> list_;
};

}  // namespace onrush::sale
