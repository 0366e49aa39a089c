// What the mails say, in English and Chinese. Pure.
#pragma once

#include <string>
#include <string_view>

#include "ports/mailer.h"
#include "ports/read_model.h"

namespace onrush::notify {

// Fills subject, text and message id; the address is the caller's. `language` is "en" or "zh"
// (anything else: English). `shop_url` is without a final slash.
[[nodiscard]] ports::Mail render(const ports::OutboxMail& mail, std::string_view language,
                                 std::string_view shop_url);

// "99.00 CNY", "9,900" minor units of a currency with two decimals; "9900 JPY" where there are
// none.
[[nodiscard]] std::string money_text(sale::Money amount, std::string_view currency);

}  // namespace onrush::notify
