// The queries behind OrderStore, each on a connection that it is given. They throw SqlFailure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "adapters/sql/connection.h"
#include "ports/read_model.h"

namespace onrush::sql {

inline constexpr std::uint32_t kRowsPerQueryMax = 500;

[[nodiscard]] std::vector<ports::OrderRow> find_orders(Connection& connection,
                                                       const ports::OrderQuery& query);
[[nodiscard]] std::vector<ports::OrderRow> orders_by_id(Connection& connection,
                                                        std::span<const sale::OrderId> ids);
[[nodiscard]] std::vector<ports::PaymentRow> payments_of(Connection& connection, sale::OrderId id);
[[nodiscard]] std::vector<ports::PaymentRow> open_payments(Connection& connection,
                                                           TimePoint started_before,
                                                           std::uint32_t limit);
[[nodiscard]] std::vector<ports::PaymentRow> refunds_due(Connection& connection,
                                                         std::uint32_t limit);
[[nodiscard]] std::vector<ports::StaffActRow> staff_acts(Connection& connection,
                                                         const ports::StaffActQuery& query);

// "late", "duplicate", …; "" for none.
[[nodiscard]] std::string_view refund_reason_name(std::int64_t stored);

}  // namespace onrush::sql
