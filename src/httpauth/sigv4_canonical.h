// Purpose: the canonical request of AWS Signature Version 4.
// Shapes: path and query as received.
// Threads: any.
// Spec: Signature Version 4 of the AWS General Reference; escapes RFC 3986 §2.3.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"

namespace ph::httpauth {

using QueryFields = std::vector<std::pair<std::string, std::string>>;

// Names and values, decoded; a '+' stays one. nullopt: a broken escape or too many.
std::optional<QueryFields> read_query(std::string_view query);

// All but unreserved characters escaped, fields in order of their escaped names, then values.
std::string canonical_query(const QueryFields& fields);

// The canonical paths that signers make of one path, without doubles.
std::vector<std::string> canonical_paths(std::string_view path);

// What stands between the parts of a folded header: blanks fall together (as AWS documents), or
// each line is an item of its own (as older signers do).
enum class Folds : uint8_t { blank, comma };

// `name:value\n` for each name; values of one name joined by commas.
std::string canonical_headers(std::span<const net::HttpHeader> headers,
                              std::span<const std::string> names, Folds folds);

}  // namespace ph::httpauth
