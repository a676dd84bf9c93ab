// Purpose: JSON documents as values: strict parsing, writing, and reading of fields with errors
//   that name the field. Boost.JSON inside.
// Shapes: an object keeps the order in which its members came. Numbers without fraction and
//   exponent are integers and must fit int64_t; all others are doubles.
// Errors: parse() refuses with Errc::invalid what RFC 8259 does not allow, and beyond it text that
//   is not UTF-8, lone surrogates, repeated names, numbers out of range; with Errc::limit what is
//   larger than `most`, deeper than kJsonDepth, or has more than kJsonValues values.
// Spec: RFC 8259, RFC 7493 (I-JSON) §2.1, §2.3.
// Threads: as any value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace ph::json {

enum class Kind : uint8_t { null, boolean, integer, number, string, array, object };

const char* kind_name(Kind kind);  // "a string"

struct Member;

class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::vector<Member>;

  Value();  // null
  Value(std::nullptr_t);
  Value(bool b);
  Value(int n);
  Value(unsigned n);
  Value(int64_t n);
  Value(uint64_t n);  // at most INT64_MAX
  Value(double n);
  Value(const char* s);
  Value(std::string_view s);
  Value(std::string s);
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();
  static Value array();
  static Value object();
  // {{"name", value}, ...}: names must differ.
  static Value object(std::initializer_list<std::pair<std::string_view, Value>> members);
  static Value array(std::initializer_list<Value> values);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_null() const { return kind() == Kind::null; }
  bool is_string() const { return kind() == Kind::string; }
  bool is_array() const { return kind() == Kind::array; }
  bool is_object() const { return kind() == Kind::object; }

  // The content; another kind is a bug (Reader below is for input).
  bool as_bool() const;
  int64_t as_int() const;
  double as_double() const;  // of an integer also
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;

  // Of an object; null when it has no such member, and for every other kind.
  const Value* find(std::string_view name) const;
  // Of an object: replaces the member, or adds it at the end.
  Value& set(std::string_view name, Value value);
  // Of an array.
  Value& push(Value value);

  bool operator==(const Value& other) const;

 private:
  friend class Builder;
  using Data = std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object>;
  explicit Value(Data data);
  Data data_;
};

struct Member {
  std::string name;
  Value value;
  bool operator==(const Member& other) const = default;
};

Result<Value> parse(std::string_view text, size_t most);

std::string serialize(const Value& value);
// Two spaces a level, and a newline at the end.
std::string serialize_pretty(const Value& value);

// A place in a document that came from outside, with its path ("to[2].email") for errors.
class Reader {
 public:
  explicit Reader(const Value& value, std::string path = {})
      : value_(&value), path_(std::move(path)) {}

  const Value& value() const { return *value_; }
  const std::string& path() const { return path_; }

  // A member that must be there. maybe(): absent and null are nullopt.
  Result<Reader> at(std::string_view name) const;
  Result<std::optional<Reader>> maybe(std::string_view name) const;
  // The elements of an array of at most `most`.
  Result<std::vector<Reader>> items(size_t most) const;
  // Refuses members with other names than these.
  Result<> only(std::initializer_list<std::string_view> names) const;

  Result<std::string> string(size_t most) const;  // at most so many octets
  Result<int64_t> integer(int64_t least = INT64_MIN, int64_t most = INT64_MAX) const;
  Result<double> number() const;
  Result<bool> boolean() const;

  // An error at this place.
  std::unexpected<Error> error(std::string message) const;

 private:
  std::unexpected<Error> wrong_kind(const char* wanted) const;
  const Value* value_;
  std::string path_;
};

}  // namespace ph::json
