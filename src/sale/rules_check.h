// What the rules of a sale must fulfil: one check for the sale file, for DefineSale and for replay.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "sale/rules.h"

namespace onrush::sale {

// Journals hold rules that passed these: the limits may be widened in later versions, never
// narrowed.
inline constexpr std::uint32_t kStockMax = 10'000'000;  // of an item, restocks included
inline constexpr std::uint32_t kStandbyMax = 20'000'000;
inline constexpr std::int64_t kPriceMax = 100'000'000'000;
inline constexpr std::size_t kItemsMax = 1'000;
inline constexpr std::size_t kKeyMax = 64;
inline constexpr std::size_t kTitleMax = 200;
inline constexpr std::size_t kDescriptionMax = 4'000;
inline constexpr std::size_t kUrlMax = 2'000;
inline constexpr std::size_t kChannelsMax = 16;
inline constexpr std::size_t kChannelNameMax = 32;
inline constexpr std::uint32_t kLineRateMax = 100'000;
inline constexpr std::uint32_t kActiveMax = 10'000'000;
inline constexpr std::uint32_t kPlacesMax = 100'000'000;
inline constexpr std::size_t kBeaconMax = 200;
inline constexpr std::size_t kNoticeMax = 1'000;
inline constexpr std::size_t kQuestionsMax = 1'000;
inline constexpr std::size_t kQuestionMax = 500;
inline constexpr std::size_t kAnswersMax = 20;
inline constexpr std::size_t kAnswerMax = 100;
inline constexpr std::uint32_t kRatioMinPpm = 1'000;
inline constexpr std::uint32_t kRatioMaxPpm = 1'000'000;
inline constexpr std::uint32_t kProofOfWorkMin = 1'000;
inline constexpr std::uint32_t kProofOfWorkMax = 10'000'000;
inline constexpr std::uint32_t kBucketRateMax = 10'000'000;
inline constexpr std::uint32_t kBucketCapacityMax = 100'000'000;
inline constexpr Millis kHoldMin{1'000};
inline constexpr Millis kHoldMax{86'400'000};

// [a-z0-9-]{1,64}
[[nodiscard]] bool is_key(std::string_view text);

// Error: invalid, naming the place as a sale file calls it ("items[1].stock: must be 1..10000000").
[[nodiscard]] Status check_rules(const SaleRules& rules);

}  // namespace onrush::sale
