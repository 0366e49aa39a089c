// The byte form of events and rules (docs/journal_format.md, "Events"). Pure; no versions are
// dropped: what an old journal holds can be read for ever.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "sale/event.h"

namespace onrush::sale {

// Appends one event: u8 kind (the variant's index), u32 size of what follows, the fields in order.
void encode(const Event& event, ByteWriter& out);

// Reads one event. Errors: corrupt (unknown kind, short or overlong fields, values out of range).
[[nodiscard]] Result<Event> decode_event(ByteReader& in);

void encode(const SaleRules& rules, ByteWriter& out);
[[nodiscard]] Result<SaleRules> decode_rules(ByteReader& in);

}  // namespace onrush::sale
