#include <fmt/format.h>

#include <map>

#include "api/rest/problem.h"
#include "api/rest/schemas.h"
#include "api/rest/table.h"
#include "base/text.h"

namespace ph::rest {
namespace {

using json::Value;

Value reference(const Schema& schema) {
  return Value::object({{"$ref", fmt::format("#/components/schemas/{}", schema.name)}});
}

Value content(const char* type, Value schema) {
  return Value::object({{type, Value::object({{"schema", std::move(schema)}})}});
}

Value page_schema(const Schema& item) {
  Value items = Value::object({{"type", "array"}, {"items", reference(item)}});
  Value cursor_type = Value::array();
  cursor_type.push("string").push("null");
  Value required = Value::array();
  required.push("items").push("next_cursor");
  return Value::object(
      {{"type", "object"},
       {"properties",
        Value::object({{"items", items}, {"next_cursor", Value::object({{"type", cursor_type}})}})},
       {"required", required}});
}

Value parameter(const char* name, const char* in, Value schema, const char* help) {
  Value out = Value::object({{"name", name}, {"in", in}, {"schema", std::move(schema)}});
  if (std::string_view(in) == "path") out.set("required", true);
  if (*help != '\0') out.set("description", help);
  return out;
}

Value parameters(const Route& route) {
  Value out = Value::array();
  Value text = Value::object({{"type", "string"}});
  for (std::string_view piece : split(route.path, '/'))
    if (piece.starts_with('{'))
      out.push(parameter(std::string(piece.substr(1, piece.size() - 2)).c_str(), "path", text, ""));
  Value number = Value::object({{"type", "integer"}, {"minimum", 1}});
  if (route.takes != Takes::nothing)
    out.push(parameter("account", "query", number, "the account, for the operator"));
  if (route.takes == Takes::page) {
    out.push(parameter("cursor", "query", text, "next_cursor of the page before"));
    number.set("maximum", limits::kPageMost);
    out.push(parameter("limit", "query", number, "items of a page"));
  }
  for (const Filter& filter : route.filters) {
    Value schema = text;
    if (!filter.words.empty()) {
      Value words = Value::array();
      for (std::string_view word : filter.words) words.push(word);
      schema.set("enum", std::move(words));
    }
    out.push(parameter(std::string(filter.name).c_str(), "query", std::move(schema),
                       std::string(filter.help).c_str()));
  }
  if (route.operation == "message_create")
    out.push(parameter("Idempotency-Key", "header", text, "at most 256 octets"));
  return out;
}

Value responses(const Route& route) {
  Value out = Value::object();
  Value good = Value::object({{"description", route.summary}});
  if (route.response != nullptr) {
    good.set("content",
             content("application/json", route.takes == Takes::page ? page_schema(*route.response)
                                                                    : reference(*route.response)));
  } else if (route.status == 200) {
    good.set("content", content(route.raw_type.data(), Value::object({{"type", "string"}})));
  }
  out.set(std::to_string(route.status), good);
  std::map<int, std::string> by_status;
  for (core::Reason reason : reasons_of(route)) {
    std::string& text = by_status[status_of(reason)];
    text += (text.empty() ? "" : ", ") + std::string(core::reason_code(reason));
  }
  if (route.request != nullptr || !route.files.empty())
    by_status[415] = core::reason_code(core::Reason::malformed);
  for (const auto& [status, reasons] : by_status)
    out.set(std::to_string(status),
            Value::object(
                {{"description", reasons},
                 {"content", content("application/problem+json", reference(schemas::kProblem))}}));
  return out;
}

// A change by cookie proves that it was meant.
Value security(const Route& route) {
  Value out = Value::array();
  if (route.guard == Guard::open) return out;
  Value session = Value::object({{"session", Value::array()}});
  if (route.method != "GET") session.set("csrf", Value::array());
  out.push(Value::object({{"bearer", Value::array()}}));
  out.push(session);
  if (route.guard == Guard::visitor) out.push(Value::object());
  return out;
}

Value operation(const Route& route) {
  Value out = Value::object({{"operationId", route.operation}, {"summary", route.summary}});
  Value given = parameters(route);
  if (!given.as_array().empty()) out.set("parameters", given);
  if (route.request != nullptr) {
    Value taken = content("application/json", reference(*route.request));
    if (route.lines_most > 0)
      taken.set("application/x-ndjson",
                Value::object({{"schema", Value::object({{"type", "string"}})}}));
    out.set("requestBody",
            Value::object({{"required", true}, {"content", std::move(taken)}}));
  }
  if (!route.files.empty()) {
    Value taken = Value::object();
    Value octets = Value::object({{"type", "string"}, {"format", "binary"}});
    for (std::string_view type : route.files)
      taken.set(type, Value::object({{"schema", octets}}));
    out.set("requestBody",
            Value::object({{"required", true}, {"content", std::move(taken)}}));
  }
  out.set("responses", responses(route));
  out.set("security", security(route));
  return out;
}

Value document() {
  Value paths = Value::object();
  for (const Route* route : all_routes()) {
    const Value* known = paths.find(route->path);
    Value methods = known != nullptr ? *known : Value::object();
    methods.set(lower(route->method), operation(*route));
    paths.set(route->path, methods);
  }
  Value named = Value::object();
  for (const Schema* schema : schemas::all()) named.set(schema->name, schema_json(*schema));
  Value schemes = Value::object(
      {{"bearer", Value::object({{"type", "http"}, {"scheme", "bearer"}})},
       {"session",
        Value::object({{"type", "apiKey"}, {"in", "cookie"}, {"name", "posthouse_session"}})},
       {"csrf",
        Value::object({{"type", "apiKey"}, {"in", "header"}, {"name", "X-Posthouse-Csrf"}})}});
  return Value::object(
      {{"openapi", "3.1.0"},
       {"info", Value::object({{"title", "Posthouse"}, {"version", "1"}})},
       {"paths", paths},
       {"components", Value::object({{"schemas", named}, {"securitySchemes", schemes}})}});
}

}  // namespace

const std::string& openapi_document() {
  static const std::string text = json::serialize_pretty(document());
  return text;
}

}  // namespace ph::rest
