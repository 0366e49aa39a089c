// Fields of a query or of a posted form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace onrush {

// The first field of this name, percent-decoded. Nothing if it is not there or badly encoded.
[[nodiscard]] std::optional<std::string> form_field(std::string_view form, std::string_view name);

}  // namespace onrush
