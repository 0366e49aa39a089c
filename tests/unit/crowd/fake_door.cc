// The fake shop's front door: registration, line, challenge, filter, purchase path.
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

#include "base/sha256.h"
#include "fake_shop.h"
#include "fake_text.h"

namespace onrush::crowd {
namespace {

constexpr std::uint64_t kPuzzleMax = 2'000;

std::string puzzle_of(std::uint64_t number) {
  const std::string text = "salt?" + std::to_string(number);
  return to_hex(sha256({reinterpret_cast<const std::byte*>(text.data()), text.size()}));
}

// Of the base64 text after `mark`.
std::string decoded_after(std::string_view body, std::string_view mark) {
  const std::size_t at = body.find(mark);
  if (at == std::string_view::npos) return {};
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : body.substr(at + mark.size())) {
    const std::size_t value = kLetters.find(c);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if ((count += 6) >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return out;
}

}  // namespace

std::string FakeShop::line_document() const {
  if (!door_.line) return R"("line":null)";
  return fmt::format(
      R"("line":{{"mode":"draw","entries":{},"lobby_entries":{},"drawn":{},"serving":{},"claimed":{},)"
      R"("active":0,"rate":1,"claim_rate":1.5}})",
      entry_of_.size(), lobby_entries_, drawn_, serving_, passes_.size());
}

std::string FakeShop::door_documents() const {
  std::string filter = "null";
  if (door_.filter) {
    filter = fmt::format(R"({{"ratio":{},"slot_ms":{},"salt":"0102"}})", door_.filter->ratio,
                         door_.filter->slot_ms);
  }
  return fmt::format(
      R"({{"sale":"s","line":{},"admission":{{"registration":"{}","channels":[],"filter":{},)"
      R"("challenge":[{}],"purchase_path":{}}}}})",
      !door_.line  ? "null"
      : door_.draw ? R"({"mode":"draw"})"
                   : R"({"mode":"fifo"})",
      door_.registration ? "required" : "off", filter,
      door_.challenge ? R"("question","proof_of_work")" : "", door_.path);
}

// Numbers are drawn at the opening, and called while units are free.
void FakeShop::call_numbers() {
  if (!door_.line || now_ms() < opens_at_ms_) return;
  if (!drawn_) {
    drawn_ = true;
    lobby_entries_ = entry_of_.size();
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t n = 1; n <= entry_of_.size(); ++n) numbers.push_back(n);
    if (door_.draw) std::shuffle(numbers.begin(), numbers.end(), std::mt19937_64{42});
    for (const auto& [buyer, entry] : entry_of_) number_of_[buyer] = numbers[entry - 1];
  }
  const auto by_time = static_cast<std::uint64_t>(now_ms() - opens_at_ms_) * door_.rate / 1000;
  while (serving_ < std::min<std::uint64_t>(by_time, entry_of_.size()) && !free_.empty())
    ++serving_;
}

FakeShop::Reply FakeShop::place_call(std::string_view method, std::uint64_t buyer) {
  const bool has = entry_of_.contains(buyer);
  if (method == "POST") ++place_requests_;
  if (method != "POST" && !has) return {404, problem("no_place"), ""};
  if (method == "DELETE") {
    ++left_;
    return {204, "", ""};
  }
  if (closed_) return {410, problem("closed"), ""};
  if (!has) {
    entry_of_[buyer] = entry_of_.size() + 1;
    if (drawn_ || !door_.draw) number_of_[buyer] = entry_of_[buyer];
  }
  std::string number = "null";
  if (drawn_ || !door_.draw) {
    number = std::to_string(door_.same_number ? 1 : number_of_[buyer]);
  }
  return {has ? 200 : 201,
          fmt::format(R"({{"sale":"s","entry":{},"number":{},"state":"{}","serving":{}}})",
                      entry_of_[buyer], number, number == "null" ? "lobby" : "waiting", serving_),
          ""};
}

FakeShop::Reply FakeShop::challenge_call(std::string_view method, std::uint64_t buyer,
                                         std::string_view body) {
  if (method == "GET") {
    return {
        200,
        fmt::format(R"({{"question":{{"id":"q1","text":{{"en":"How much?"}},"tries_left":3}},)"
                    R"("proof_of_work":{{"algorithm":"SHA-256","challenge":"{}","salt":"salt?",)"
                    R"("signature":"sig","maxnumber":{}}},"needed":true}})",
                    puzzle_of(buyer * 7919 % kPuzzleMax), kPuzzleMax),
        ""};
  }
  const std::string work = decoded_after(body, "\"proof_of_work\":\"");
  const bool right =
      body.find(R"("question":{"id":"q1","answer":"65 W"})") != std::string_view::npos &&
      number_after(work, "\"number\":") == buyer * 7919 % kPuzzleMax &&
      work.find(R"("signature":"sig")") != std::string::npos;
  ++(right ? right_replies_ : wrong_replies_);
  if (!right) return {403, problem("challenge_failed"), ""};
  return {201, fmt::format(R"({{"token":"answered-{}","expires_at":"x"}})", buyer), ""};
}

// Nothing, when the target is none of the door's.
FakeShop::Reply FakeShop::door_call(std::string_view method, std::string_view target,
                                    std::uint64_t buyer, std::string_view body) {
  constexpr std::string_view kSale = "/api/v1/sales/s/";
  if (!target.starts_with(kSale)) return {404, "", ""};
  const std::string_view resource = target.substr(kSale.size());
  if (resource == "registration") {
    registered_[buyer] = true;
    return {201, R"({"registered":true})", ""};
  }
  if (resource == "place" && door_.line) return place_call(method, buyer);
  if (resource == "pass" && door_.line) {
    const auto number = number_of_.find(buyer);
    if (number == number_of_.end()) return {404, problem("no_place"), ""};
    if (number->second > serving_) return {425, problem("not_your_turn"), ""};
    passes_.emplace(buyer, false);
    return {201,
            fmt::format(R"({{"token":"pass-{}","number":{},"expires_at":"x"}})", buyer,
                        door_.same_number ? 1 : number->second),
            ""};
  }
  if (resource == "challenge") return challenge_call(method, buyer, body);
  if (resource == "path") {
    return {200, fmt::format(R"({{"path":"/api/v1/sales/s/holds/code{}"}})", buyer), ""};
  }
  return {404, "", ""};
}

// The code of the refusal, "" if none.
std::string FakeShop::guard(std::string_view target, std::string_view head,
                            std::uint64_t buyer) const {
  const auto has = [&](std::string_view line) { return head.find(line) != std::string_view::npos; };
  if (door_.registration && !registered_.contains(buyer)) return "registration_required";
  if (door_.filter && !passes_filter(*door_.filter, buyer, now_ms())) return "filtered";
  if (door_.line) {
    const auto pass = passes_.find(buyer);
    if (pass == passes_.end() || pass->second ||
        !has(fmt::format("Onrush-Pass: pass-{}\r\n", buyer))) {
      return "pass_required";
    }
  }
  if (door_.path && target != fmt::format("/api/v1/sales/s/holds/code{}", buyer)) {
    return "path_required";
  }
  if (door_.challenge && !has(fmt::format("Onrush-Challenge: answered-{}\r\n", buyer))) {
    return "challenge_required";
  }
  return {};
}

FakeShop::Reply FakeShop::guarded_hold(std::string_view target, std::string_view head,
                                       std::uint64_t buyer, std::string_view body) {
  const bool repeat = live_order_.contains(buyer) ||
                      std::find(standby_.begin(), standby_.end(), buyer) != standby_.end();
  if (now_ms() >= opens_at_ms_ && !closed_ && !repeat) {
    if (const std::string code = guard(target, head, buyer); !code.empty()) {
      ++refused_[code];
      const std::string extra = code == "filtered" ? R"("retry_after_ms":50,)" : "";
      return {403, fmt::format(R"({{{}"code":"{}"}})", extra, code), ""};
    }
  }
  Reply reply = hold(buyer, body);
  if (const auto pass = passes_.find(buyer); pass != passes_.end() && reply.status / 100 == 2) {
    pass->second = true;
  }
  return reply;
}

}  // namespace onrush::crowd
