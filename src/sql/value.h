// Purpose: what goes into and comes out of a statement: parameters and rows.
// Shapes: a Value is null, a 64-bit integer, text (UTF-8 without NUL), or a blob. Values own their
//   bytes. Column access by index is typed; null reads as 0 or empty (is_null() tells).
// Errors: reading a column as another type than the table's is a bug and aborts.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/ids.h"

namespace ph::sql {

struct Null {
  bool operator==(const Null&) const = default;
};

struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

class Value {
 public:
  Value() = default;
  Value(Null) {}
  Value(Blob blob) : held_(std::move(blob)) {}
  Value(std::string text) : held_(std::move(text)) {}
  Value(std::string_view text) : held_(std::string(text)) {}
  Value(const char* text) : held_(std::string(text)) {}
  Value(WallTime t) : held_(t.micros) {}
  Value(std::integral auto n) : held_(static_cast<int64_t>(n)) {}
  template <class Tag>
  Value(StrongId<Tag> id) : held_(id.value) {}

  bool is_null() const { return std::holds_alternative<Null>(held_); }
  const int64_t* integer() const { return std::get_if<int64_t>(&held_); }
  const std::string* text() const { return std::get_if<std::string>(&held_); }
  const Blob* blob() const { return std::get_if<Blob>(&held_); }

 private:
  std::variant<Null, int64_t, std::string, Blob> held_;
};

using Params = std::vector<Value>;

// One row of a result; lives as long as its Rows.
class Row {
 public:
  Row(const Value* cells, size_t width) : cells_(cells), width_(width) {}
  size_t width() const { return width_; }
  bool is_null(size_t i) const { return cell(i).is_null(); }
  int64_t integer(size_t i) const {
    if (cell(i).is_null()) return 0;
    PH_CHECK(cell(i).integer() != nullptr);
    return *cell(i).integer();
  }
  bool flag(size_t i) const { return integer(i) != 0; }
  WallTime time(size_t i) const { return {integer(i)}; }
  std::string text(size_t i) const {
    if (cell(i).is_null()) return {};
    PH_CHECK(cell(i).text() != nullptr);
    return *cell(i).text();
  }
  std::string blob(size_t i) const {
    if (cell(i).is_null()) return {};
    PH_CHECK(cell(i).blob() != nullptr);
    return cell(i).blob()->bytes;
  }
  template <class Id>
  Id id(size_t i) const {
    return Id(integer(i));
  }

 private:
  const Value& cell(size_t i) const {
    PH_CHECK(i < width_);
    return cells_[i];
  }
  const Value* cells_;
  size_t width_;
};

class Rows {
 public:
  Rows() = default;
  explicit Rows(size_t width) : width_(width) {}
  void add(Value cell) { cells_.push_back(std::move(cell)); }
  size_t size() const { return width_ == 0 ? 0 : cells_.size() / width_; }
  bool empty() const { return size() == 0; }
  Row operator[](size_t i) const {
    PH_CHECK(i < size());
    return Row(cells_.data() + i * width_, width_);
  }

  class Iterator {
   public:
    Iterator(const Rows* rows, size_t at) : rows_(rows), at_(at) {}
    Row operator*() const { return (*rows_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const Rows* rows_;
    size_t at_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  size_t width_ = 0;
  std::vector<Value> cells_;
};

}  // namespace ph::sql
