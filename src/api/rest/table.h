// Purpose: the route table as a whole: finding a route, and printing it as an OpenAPI document.
// Spec: OpenAPI 3.1.
#pragma once

#include "api/rest/route.h"

namespace ph::rest {

struct Match {
  const Route* route = nullptr;           // null: no route for this method
  std::vector<std::string> params;        // decoded
  std::vector<std::string_view> methods;  // that the path has; empty: no such path
};
Match find_route(std::string_view method, std::string_view path);

// Reasons that every route of this shape may give, beside its own.
std::vector<core::Reason> reasons_of(const Route& route);

const std::string& openapi_document();

}  // namespace ph::rest
