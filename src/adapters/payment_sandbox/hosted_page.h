// The hosted payment page: plain HTML and forms, no script.
#pragma once

#include <string>
#include <string_view>

#include "adapters/payment_sandbox/ledger.h"

namespace onrush::payment_sandbox {

enum class Language : std::uint8_t { en, zh };

// "zh" anywhere in front of other languages in an Accept-Language header, or in a `lang=`
// parameter.
[[nodiscard]] Language language_of(std::string_view accept_language, std::string_view lang);

// `behaviour` goes through the form as a hidden field; "" = none.
[[nodiscard]] std::string payment_page(const SandboxPayment& payment, Language language,
                                       std::string_view behaviour);
[[nodiscard]] std::string message_page(Language language, std::string_view en, std::string_view zh);
[[nodiscard]] std::string_view style_sheet();

// 9900 CNY → "CNY 99.00"; currencies without or with three decimals are known.
[[nodiscard]] std::string money_text(sale::Money amount, std::string_view currency);

}  // namespace onrush::payment_sandbox
