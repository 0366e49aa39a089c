#include "adapters/payment_sandbox/hosted_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace onrush::payment_sandbox {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

struct Words {
  std::string_view lang, title, notice, order, amount, pay, decline, abandon, settled, back, other,
      other_lang;
};

constexpr Words kEnglish = {"en",
                            "Payment",
                            "Sandbox: no real money moves.",
                            "Order",
                            "Amount",
                            "Pay",
                            "Decline",
                            "Leave without paying",
                            "This payment is settled.",
                            "Back to the shop",
                            "中文",
                            "zh"};
constexpr Words kChinese = {
    "zh",       "付款",         "沙盒环境：不会产生真实扣款。", "订单",     "金额",    "付款",
    "拒绝付款", "不付款，离开", "此笔付款已处理完毕。",         "返回商店", "English", "en"};

const Words& words(Language language) {
  return language == Language::zh ? kChinese : kEnglish;
}

int decimals(std::string_view currency) {
  constexpr std::array<std::string_view, 8> kNone = {"JPY", "KRW", "VND", "CLP",
                                                     "ISK", "XAF", "XOF", "UGX"};
  constexpr std::array<std::string_view, 5> kThree = {"KWD", "BHD", "OMR", "JOD", "TND"};
  if (std::find(kNone.begin(), kNone.end(), currency) != kNone.end()) return 0;
  if (std::find(kThree.begin(), kThree.end(), currency) != kThree.end()) return 3;
  return 2;
}

std::string document(const Words& w, std::string_view main) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"robots\" content=\"noindex\"><title>{}</title>"
      "<link rel=\"stylesheet\" "
      "href=\"/pay/style.css\"></head>\n<body><main>{}</main></body></html>\n",
      w.lang, w.title, main);
}

std::string button(std::string_view action, std::string_view text) {
  return fmt::format("<button class=\"{0}\" name=\"action\" value=\"{0}\">{1}</button>", action,
                     text);
}

}  // namespace

Language language_of(std::string_view accept_language, std::string_view lang) {
  if (lang == "zh") return Language::zh;
  if (lang == "en") return Language::en;
  const std::size_t zh = accept_language.find("zh");
  const std::size_t en = accept_language.find("en");
  return zh < en ? Language::zh : Language::en;
}

std::string money_text(sale::Money amount, std::string_view currency) {
  const int places = decimals(currency);
  std::int64_t unit = 1;
  for (int i = 0; i < places; ++i) unit *= 10;
  if (places == 0) return fmt::format("{} {}", currency, amount.minor);
  return fmt::format("{} {}.{:0{}}", currency, amount.minor / unit, amount.minor % unit, places);
}

std::string payment_page(const SandboxPayment& payment, Language language,
                         std::string_view behaviour) {
  const Words& w = words(language);
  std::string main = fmt::format(
      "<p class=\"lang\"><a href=\"?lang={}{}\" lang=\"{}\">{}</a></p><h1>{}</h1><p "
      "class=\"notice\">{}</p>"
      "<p class=\"what\">{}</p><dl><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd "
      "class=\"amount\">{}</dd></dl>",
      w.other_lang, behaviour.empty() ? "" : "&amp;behaviour=" + escaped(behaviour), w.other_lang,
      w.other, w.title, w.notice, escaped(payment.description), w.order, payment.order.value(),
      w.amount, escaped(money_text(payment.amount, payment.currency)));
  if (payment.phase != PaymentPhase::open) {
    main += fmt::format("<p role=\"status\">{}</p><p><a class=\"back\" href=\"{}\">{}</a></p>",
                        w.settled, escaped(payment.return_url), w.back);
    return document(w, main);
  }
  main += fmt::format("<form method=\"post\" action=\"/pay/{}\">", payment.payment.value());
  if (!behaviour.empty()) {
    main +=
        fmt::format("<input type=\"hidden\" name=\"behaviour\" value=\"{}\">", escaped(behaviour));
  }
  main += button("pay", w.pay) + button("decline", w.decline) + button("abandon", w.abandon) +
          "</form>";
  return document(w, main);
}

std::string message_page(Language language, std::string_view en, std::string_view zh) {
  const Words& w = words(language);
  return document(w, fmt::format("<h1>{}</h1><p role=\"alert\">{}</p>", w.title,
                                 escaped(language == Language::zh ? zh : en)));
}

std::string_view style_sheet() {
  return R"(*{box-sizing:border-box}
body{margin:0;font:1rem/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;color:#1a1a1a;background:#f4f4f2}
main{max-width:26rem;margin:0 auto;padding:1.25rem;background:#fff;min-height:100vh}
h1{font-size:1.4rem;margin:.25rem 0 .75rem}
a{color:#0b5d3b}
.lang{text-align:right;margin:0}
.what{font-size:1.1rem;font-weight:600;margin:1rem 0 0}
.notice{background:#fff4d6;border-left:4px solid #8a5a00;padding:.5rem .75rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:1rem 0}
dt{color:#555}
dd{margin:0;text-align:right;overflow-wrap:anywhere}
.amount{font-size:1.3rem;font-weight:600}
button{display:block;width:100%;min-height:3rem;margin:.75rem 0;font:inherit;border-radius:.5rem;border:1px solid #555;background:#fff;color:#1a1a1a;cursor:pointer}
button.pay{background:#0b5d3b;border-color:#0b5d3b;color:#fff;font-weight:600}
button:focus-visible,a:focus-visible{outline:3px solid #1a5fd0;outline-offset:2px}
@media(min-width:30rem){main{min-height:0;margin-top:3rem;padding:1.75rem;border-radius:.75rem;box-shadow:0 1px 3px #0002}}
)";
}

}  // namespace onrush::payment_sandbox
