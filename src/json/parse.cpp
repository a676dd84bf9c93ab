#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>

#include "base/limits.h"
#include "base/text.h"
#include "json/json.h"

namespace ph::json {

// Boost.JSON's events become values: an open array or object is the last of a stack.
class Builder {
 public:
  using Code = boost::json::error_code;
  using Text = boost::json::string_view;
  static constexpr size_t max_object_size = SIZE_MAX;
  static constexpr size_t max_array_size = SIZE_MAX;
  static constexpr size_t max_key_size = SIZE_MAX;
  static constexpr size_t max_string_size = SIZE_MAX;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code& ec) { return open(Value::array(), ec); }
  bool on_array_end(size_t, Code& ec) { return close(ec); }
  bool on_object_begin(Code& ec) { return open(Value::object(), ec); }
  bool on_object_end(size_t, Code& ec) {
    return names_differ() ? close(ec) : refuse(ec, "a name comes twice in one object");
  }
  bool on_string_part(Text s, size_t, Code&) { return gather(s); }
  bool on_string(Text s, size_t, Code& ec) {
    gather(s);
    return add(Value(take_text()), ec);
  }
  bool on_key_part(Text s, size_t, Code&) { return gather(s); }
  bool on_key(Text s, size_t, Code&) {
    gather(s);
    std::get<Value::Object>(stack_.back().data_).push_back({take_text(), {}});
    return true;
  }
  bool on_number_part(Text s, Code&) { return gather(s); }
  bool on_int64(int64_t n, Text, Code& ec) {
    text_.clear();
    return add(Value(n), ec);
  }
  bool on_uint64(uint64_t, Text, Code& ec) { return refuse(ec, "an integer is out of range"); }
  bool on_double(double, Text s, Code& ec) {
    gather(s);
    return add_double(take_text(), ec);
  }
  bool on_bool(bool b, Code& ec) { return add(Value(b), ec); }
  bool on_null(Code& ec) { return add(Value(), ec); }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

  Value take() { return std::move(done_); }
  const Error& refusal() const { return refusal_; }

 private:
  bool gather(Text s) {
    text_.append(s.data(), s.size());
    return true;
  }
  std::string take_text() { return std::exchange(text_, {}); }

  bool refuse(Code& ec, const char* why, Errc code = Errc::invalid) {
    refusal_ = {code, why, {}};
    ec = boost::json::error::object_too_large;
    return false;
  }

  // The number's own text: Boost.JSON's conversion may be off in the last place, and gives a
  // double for an integer that is too large.
  bool add_double(const std::string& text, Code& ec) {
    double number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool integer = text.find_first_of(".eE") == std::string::npos;
    // Too small to tell from 0 is 0; too large is refused.
    bool tiny = error == std::errc::result_out_of_range && text.find("e-") != text.npos;
    tiny |= error == std::errc::result_out_of_range && text.find("E-") != text.npos;
    if (tiny) number = 0;
    if (integer || (error != std::errc() && !tiny) || end != text.data() + text.size())
      return refuse(ec, integer ? "an integer is out of range" : "a number is out of range");
    return add(Value(number), ec);
  }

  bool count(Code& ec) {
    if (++values_ <= limits::kJsonValues) return true;
    return refuse(ec, "has too many values", Errc::limit);
  }

  bool open(Value value, Code& ec) {
    if (!count(ec)) return false;
    stack_.push_back(std::move(value));
    return true;
  }

  bool add(Value value, Code& ec) { return count(ec) && place(std::move(value)); }

  bool place(Value value) {
    if (stack_.empty()) {
      done_ = std::move(value);
    } else if (stack_.back().is_array()) {
      stack_.back().push(std::move(value));
    } else {
      std::get<Value::Object>(stack_.back().data_).back().value = std::move(value);
    }
    return true;
  }

  bool close(Code&) {
    Value value = std::move(stack_.back());
    stack_.pop_back();
    return place(std::move(value));
  }

  bool names_differ() const {
    const auto& members = stack_.back().as_object();
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& member : members) names.push_back(member.name);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end();
  }

  std::vector<Value> stack_;
  Value done_;
  std::string text_;
  size_t values_ = 0;
  Error refusal_;
};

namespace {

std::unexpected<Error> refusal(const Builder& builder, const boost::json::error_code& ec,
                               size_t offset) {
  Error error = builder.refusal();
  if (error.message.empty()) error = {Errc::invalid, ec.message(), {}};
  if (ec == boost::json::error::too_deep)
    error = {Errc::limit, fmt::format("is nested deeper than {}", limits::kJsonDepth), {}};
  error.message = fmt::format("not usable JSON: {} (near byte {})", error.message, offset);
  return std::unexpected(std::move(error));
}

}  // namespace

Result<Value> parse(std::string_view text, size_t most) {
  if (text.size() > most)
    return fail(Errc::limit, fmt::format("the JSON text is longer than {} bytes", most));
  // Boost.JSON checks UTF-8 in strings; outside of them no byte above 0x7f is allowed anyway.
  boost::json::parse_options options;
  options.max_depth = limits::kJsonDepth;
  try {
    boost::json::basic_parser<Builder> parser(options);
    boost::json::error_code ec;
    size_t used = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && used < text.size()) ec = boost::json::error::extra_data;
    if (!ec && !parser.done()) ec = boost::json::error::incomplete;
    if (ec) return refusal(parser.handler(), ec, used);
    return parser.handler().take();
  } catch (const std::exception& e) {
    return fail(Errc::internal, std::string("the JSON parser failed: ") + e.what());
  }
}

}  // namespace ph::json
