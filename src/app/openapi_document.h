#pragma once

namespace onrush::app {
// docs/openapi.json, as it was when the program was built.
extern const char* const kOpenApiDocument;
}  // namespace onrush::app
