#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/log.h"
#include "json/json.h"

namespace ph::json {
namespace {

void write_number(double number, std::string& out) {
  // JSON has no infinities and no NaN.
  if (!std::isfinite(number)) {
    out += "null";
  } else {
    std::string text = fmt::format("{}", number);
    // A number stays a number: without a point it would come back as an integer.
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    out += text;
  }
}

// Compact when `indent` is negative.
struct Writer {
  std::string& out;
  int indent;

  void new_line() {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<size_t>(indent) * 2, ' ');
  }
  void enter() { indent += indent < 0 ? 0 : 1; }
  void leave() { indent -= indent < 0 ? 0 : 1; }

  void write_array(const Value::Array& array) {
    out += '[';
    enter();
    for (size_t i = 0; i < array.size(); ++i) {
      if (i > 0) out += ',';
      new_line();
      write(array[i]);
    }
    leave();
    if (!array.empty()) new_line();
    out += ']';
  }

  void write_object(const Value::Object& object) {
    out += '{';
    enter();
    for (size_t i = 0; i < object.size(); ++i) {
      if (i > 0) out += ',';
      new_line();
      out += log::json_quote(object[i].name);
      out += indent < 0 ? ":" : ": ";
      write(object[i].value);
    }
    leave();
    if (!object.empty()) new_line();
    out += '}';
  }

  void write(const Value& value) {
    switch (value.kind()) {
      case Kind::null:
        out += "null";
        return;
      case Kind::boolean:
        out += value.as_bool() ? "true" : "false";
        return;
      case Kind::integer:
        fmt::format_to(std::back_inserter(out), "{}", value.as_int());
        return;
      case Kind::number:
        return write_number(value.as_double(), out);
      case Kind::string:
        out += log::json_quote(value.as_string());
        return;
      case Kind::array:
        return write_array(value.as_array());
      case Kind::object:
        return write_object(value.as_object());
    }
  }
};

std::string member_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

}  // namespace

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::integer:
      return "an integer";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      return "an object";
  }
  PH_CHECK(false);
}

Value::Value() = default;
Value::Value(std::nullptr_t) {}
Value::Value(bool b) : data_(b) {}
Value::Value(int n) : data_(int64_t{n}) {}
Value::Value(unsigned n) : data_(int64_t{n}) {}
Value::Value(int64_t n) : data_(n) {}
Value::Value(uint64_t n) : data_(static_cast<int64_t>(n)) { PH_CHECK(n <= INT64_MAX); }
Value::Value(double n) : data_(n) {}
Value::Value(const char* s) : data_(std::string(s)) {}
Value::Value(std::string_view s) : data_(std::string(s)) {}
Value::Value(std::string s) : data_(std::move(s)) {}
Value::Value(Data data) : data_(std::move(data)) {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;

Value Value::array() { return Value(Data(Array())); }
Value Value::object() { return Value(Data(Object())); }

Value Value::object(std::initializer_list<std::pair<std::string_view, Value>> members) {
  Object out;
  out.reserve(members.size());
  for (const auto& [name, value] : members) out.push_back({std::string(name), value});
  return Value(Data(std::move(out)));
}

Value Value::array(std::initializer_list<Value> values) { return Value(Data(Array(values))); }

bool Value::as_bool() const {
  PH_CHECK(kind() == Kind::boolean);
  return std::get<bool>(data_);
}
int64_t Value::as_int() const {
  PH_CHECK(kind() == Kind::integer);
  return std::get<int64_t>(data_);
}
double Value::as_double() const {
  if (kind() == Kind::integer) return static_cast<double>(as_int());
  PH_CHECK(kind() == Kind::number);
  return std::get<double>(data_);
}
const std::string& Value::as_string() const {
  PH_CHECK(is_string());
  return std::get<std::string>(data_);
}
const Value::Array& Value::as_array() const {
  PH_CHECK(is_array());
  return std::get<Array>(data_);
}
const Value::Object& Value::as_object() const {
  PH_CHECK(is_object());
  return std::get<Object>(data_);
}

const Value* Value::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  const Object& members = as_object();
  auto at = std::ranges::find(members, name, &Member::name);
  return at == members.end() ? nullptr : &at->value;
}

Value& Value::set(std::string_view name, Value value) {
  PH_CHECK(is_object());
  auto& members = std::get<Object>(data_);
  auto at = std::ranges::find(members, name, &Member::name);
  if (at == members.end()) at = members.insert(members.end(), Member{std::string(name), {}});
  at->value = std::move(value);
  return *this;
}

Value& Value::push(Value value) {
  PH_CHECK(is_array());
  std::get<Array>(data_).push_back(std::move(value));
  return *this;
}

bool Value::operator==(const Value& other) const { return data_ == other.data_; }

std::string serialize(const Value& value) {
  std::string out;
  Writer{out, -1}.write(value);
  return out;
}

std::string serialize_pretty(const Value& value) {
  std::string out;
  Writer{out, 0}.write(value);
  return out + "\n";
}

std::unexpected<Error> Reader::error(std::string message) const {
  return fail(Errc::invalid, std::move(message), path_);
}

std::unexpected<Error> Reader::wrong_kind(const char* wanted) const {
  return error(fmt::format("must be {}, not {}", wanted, kind_name(value_->kind())));
}

Result<Reader> Reader::at(std::string_view name) const {
  if (!value_->is_object()) return wrong_kind("an object");
  const Value* found = value_->find(name);
  std::string path = member_path(path_, name);
  if (found == nullptr) return fail(Errc::invalid, "is required", std::move(path));
  return Reader(*found, std::move(path));
}

Result<std::optional<Reader>> Reader::maybe(std::string_view name) const {
  if (!value_->is_object()) return wrong_kind("an object");
  const Value* found = value_->find(name);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return Reader(*found, member_path(path_, name));
}

Result<std::vector<Reader>> Reader::items(size_t most) const {
  if (!value_->is_array()) return wrong_kind("an array");
  const auto& array = value_->as_array();
  if (array.size() > most)
    return fail(Errc::limit, fmt::format("has {} elements; at most {} are allowed", array.size(),
                                         most), path_);
  std::vector<Reader> out;
  out.reserve(array.size());
  for (size_t i = 0; i < array.size(); ++i)
    out.emplace_back(array[i], fmt::format("{}[{}]", path_, i));
  return out;
}

Result<> Reader::only(std::initializer_list<std::string_view> names) const {
  if (!value_->is_object()) return wrong_kind("an object");
  for (const Member& member : value_->as_object()) {
    if (std::ranges::find(names, member.name) == names.end())
      return fail(Errc::invalid, "there is no such field", member_path(path_, member.name));
  }
  return {};
}

Result<std::string> Reader::string(size_t most) const {
  if (!value_->is_string()) return wrong_kind("a string");
  const std::string& text = value_->as_string();
  if (text.size() > most)
    return fail(Errc::limit, fmt::format("has {} bytes; at most {} are allowed", text.size(), most),
                path_);
  return text;
}

Result<int64_t> Reader::integer(int64_t least, int64_t most) const {
  if (value_->kind() != Kind::integer) return wrong_kind("an integer");
  int64_t n = value_->as_int();
  if (n < least || n > most) return error(fmt::format("must be from {} to {}", least, most));
  return n;
}

Result<double> Reader::number() const {
  if (value_->kind() != Kind::integer && value_->kind() != Kind::number)
    return wrong_kind("a number");
  return value_->as_double();
}

Result<bool> Reader::boolean() const {
  if (value_->kind() != Kind::boolean) return wrong_kind("a boolean");
  return value_->as_bool();
}

}  // namespace ph::json
