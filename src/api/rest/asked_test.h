// Purpose: what a test asks of the REST door, and what it got.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "json/json.h"
#include "net/http.h"

namespace ph::rest_test {

using json::Value;

struct Ask {
  std::string method = "GET";
  std::string target;
  std::string body = {};    // with Content-Type: application/json
  std::string bearer = {};  // a key or a session
  std::vector<net::HttpHeader> headers = {};
  std::string peer = "192.0.2.77";
};

struct Got {
  int status = 0;
  Value body;       // null when it is no JSON
  std::string raw;  // the response's body
  std::vector<net::HttpHeader> headers;
  std::string header(std::string_view name) const {
    return std::string(net::find_header(headers, name).value_or(""));
  }
  std::string text(std::string_view member) const {
    const Value* value = body.find(member);
    return value != nullptr && value->is_string() ? value->as_string() : std::string();
  }
  int64_t number(std::string_view member) const {
    REQUIRE(body.find(member) != nullptr);
    return body.find(member)->as_int();
  }
  const Value::Array& items() const {
    REQUIRE(body.find("items") != nullptr);
    return body.find("items")->as_array();
  }
  // "404 not_found domain", "200".
  std::string words() const {
    std::string out = std::to_string(status);
    if (!text("reason").empty()) out += " " + text("reason");
    if (!text("field").empty()) out += " " + text("field");
    return out;
  }
};

}  // namespace ph::rest_test
