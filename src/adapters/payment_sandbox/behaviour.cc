#include "adapters/payment_sandbox/behaviour.h"

#include <array>
#include <charconv>
#include <optional>

#include "base/strong_id.h"

namespace onrush::payment_sandbox {
namespace {

constexpr std::uint32_t kDelayMax = 3'600'000;  // an hour, in milliseconds
constexpr std::uint32_t kCopiesMax = 10;

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Cuts `text` at the first `mark`; the part behind it, or nothing if there is no mark.
std::optional<std::string_view> cut(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

}  // namespace

Result<BehaviourPlan::Rule> BehaviourPlan::parse_rule(std::string_view text) {
  struct Known {
    std::string_view name;
    Switch what;
    std::uint32_t value_max;  // 0 = takes no value
  };
  static constexpr std::array<Known, 6> kKnown = {
      {{"late", Switch::late, kDelayMax},
       {"duplicate", Switch::duplicate, kCopiesMax},
       {"reorder", Switch::reorder, 0},
       {"lost", Switch::lost, 0},
       {"unknown", Switch::unknown, kDelayMax},
       {"refuse_refunds", Switch::refuse_refunds, kDelayMax}}};
  const auto share = cut(text, '@');
  const auto value = cut(text, ':');
  for (const Known& known : kKnown) {
    if (text != known.name) continue;
    if (value.has_value() != (known.value_max > 0)) {
      return invalid("behaviour: " + std::string(known.name) +
                     (value ? " takes no value" : " needs a value, e.g. late:1500"));
    }
    Rule rule{known.what};
    const auto amount = value ? number(*value) : 0u;
    const auto percent = share ? number(*share) : 100u;
    if (!amount || *amount > known.value_max || (known.what == Switch::duplicate && *amount < 1)) {
      return invalid("behaviour: the value of " + std::string(known.name) + " is out of range");
    }
    if (!percent || *percent > 100) return invalid("behaviour: a share is 0..100 percent");
    rule.value = *amount;
    rule.percent = *percent;
    return rule;
  }
  return invalid(
      "behaviour: unknown switch; known are late, duplicate, reorder, lost, unknown, "
      "refuse_refunds");
}

Result<BehaviourPlan> BehaviourPlan::parse(std::string_view text) {
  BehaviourPlan plan;
  while (!text.empty()) {
    std::string_view one = text;
    const auto rest = cut(one, ',');
    text = rest.value_or(std::string_view{});
    auto rule = parse_rule(one);
    if (!rule) return rule.error();
    plan.rules_.push_back(*rule);
  }
  return plan;
}

Behaviour BehaviourPlan::decide(std::uint64_t seed, sale::PaymentId payment) const {
  Behaviour behaviour;
  for (const Rule& rule : rules_) {
    const std::uint64_t draw =
        mix_bits(mix_bits(payment.value() + static_cast<std::uint64_t>(rule.what)) ^ seed) % 100;
    if (draw >= rule.percent) continue;
    switch (rule.what) {
      case Switch::late:
        behaviour.late = Millis{rule.value};
        break;
      case Switch::duplicate:
        behaviour.copies = rule.value;
        break;
      case Switch::reorder:
        behaviour.reorder = true;
        break;
      case Switch::lost:
        behaviour.lost = true;
        break;
      case Switch::unknown:
        behaviour.unknown_for = Millis{rule.value};
        break;
      case Switch::refuse_refunds:
        behaviour.refuse_refunds_for = Millis{rule.value};
        break;
    }
  }
  return behaviour;
}

}  // namespace onrush::payment_sandbox
