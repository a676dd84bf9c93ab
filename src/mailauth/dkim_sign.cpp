#include "mailauth/dkim_sign.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "mailauth/dkim_signature.h"

namespace ph::mailauth {
namespace {

constexpr size_t kColumns = limits::kHeaderLineWished;

// Listed once more than they occur: one that is added later breaks the signature.
constexpr std::array<std::string_view, 10> kOverSigned = {
    "From", "To", "Cc", "Subject", "Date", "Reply-To", "MIME-Version", "Content-Type",
    "List-Unsubscribe", "List-Unsubscribe-Post"};

// RFC 6376 §5.4.1, and what identifies the message or its campaign.
constexpr std::array<std::string_view, 17> kSignedWherePresent = {
    "Message-ID", "Sender", "In-Reply-To", "References", "Content-Transfer-Encoding",
    "Resent-Date", "Resent-From", "Resent-To", "Resent-Cc", "List-Id", "List-Help",
    "List-Subscribe", "List-Post", "List-Owner", "List-Archive", "Feedback-ID", "Auto-Submitted"};

// RFC 6376 §5.4: these change or go on the way.
constexpr std::array<std::string_view, 3> kNeverSigned = {"Return-Path", "Received", "Bcc"};

size_t occurrences(const std::vector<RawField>& fields, std::string_view name) {
  return static_cast<size_t>(
      std::ranges::count_if(fields, [&](const RawField& f) { return iequals(f.name, name); }));
}

// A header field in the making: pieces that never break inside, folded before the column limit.
class FoldedField {
 public:
  explicit FoldedField(std::string_view start) : text_(start), column_(start.size()) {
    text_.reserve(1024);
  }
  // `room` is what must still fit behind the piece in its line.
  void piece(std::string_view before, std::string_view text, size_t room = 1) {
    if (column_ + before.size() + text.size() + room > kColumns) {
      text_ += "\r\n\t";
      column_ = 1;
    } else {
      text_ += before;
      column_ += before.size();
    }
    text_ += text;
    column_ += text.size();
  }
  // Text that may break anywhere.
  void run(std::string_view text) {
    while (!text.empty()) {
      if (column_ >= kColumns) {
        text_ += "\r\n\t";
        column_ = 1;
      }
      std::string_view part = text.substr(0, kColumns - column_);
      text_ += part;
      column_ += part.size();
      text.remove_prefix(part.size());
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  size_t column_;
};

const char* form_name(Canonical form) {
  return form == Canonical::simple ? "simple" : "relaxed";
}

Result<> check_names(const std::vector<std::string>& names) {
  bool from = false;
  for (const std::string& name : names) {
    if (name.empty() ||
        std::ranges::any_of(name, [](char c) { return c <= ' ' || c >= 0x7f || c == ':' ||
                                                      c == ';'; }))
      return fail(Errc::invalid, "a signed field's name has other characters", "headers");
    for (std::string_view never : kNeverSigned)
      if (iequals(name, never))
        return fail(Errc::invalid, fmt::format("{} must not be signed", never), "headers");
    from = from || iequals(name, "From");
  }
  if (!from) return fail(Errc::invalid, "From must be signed", "headers");
  if (names.size() > limits::kDkimSignedNames)
    return fail(Errc::limit, fmt::format("more than {} signed fields", limits::kDkimSignedNames),
                "headers");
  return {};
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kDomain && name.front() != '.' &&
         name.back() != '.' && std::ranges::all_of(name, [](char c) {
           return is_alnum(c) || c == '-' || c == '_' || c == '.';
         });
}

Result<> check_request(const DkimSignRequest& request) {
  if (!is_name(request.domain) || request.domain.find('.') == std::string::npos)
    return fail(Errc::invalid, "not a domain in A-labels", "domain");
  if (!is_name(request.selector)) return fail(Errc::invalid, "not a selector", "selector");
  if (request.time.micros < 0) return fail(Errc::invalid, "before 1970", "time");
  if (request.expires && *request.expires <= request.time)
    return fail(Errc::invalid, "not after the time of signing", "expires");
  if (request.key.bits() < limits::kDkimKeyBitsLeast && request.key.kind() == crypto::KeyKind::rsa)
    return fail(Errc::invalid,  // RFC 8301 §3.2
                fmt::format("an RSA key signs from {} bits on", limits::kDkimKeyBitsLeast), "key");
  return {};
}

// The field with b= still empty.
FoldedField begin_field(const DkimSignRequest& request, const std::vector<std::string>& names,
                        const crypto::Digest& body) {
  FoldedField out("DKIM-Signature: v=1;");
  bool rsa = request.key.kind() == crypto::KeyKind::rsa;
  out.piece(" ", rsa ? "a=rsa-sha256;" : "a=ed25519-sha256;");
  out.piece(" ", fmt::format("c={}/{};", form_name(request.header), form_name(request.body)));
  out.piece(" ", fmt::format("d={};", request.domain));
  out.piece(" ", fmt::format("s={};", request.selector));
  out.piece(" ", fmt::format("t={};", request.time.seconds()));
  if (request.expires) out.piece(" ", fmt::format("x={};", request.expires->seconds()));
  out.piece(" ", "h=" + names[0]);
  for (size_t i = 1; i < names.size(); ++i) {
    out.run(":");
    out.piece("", names[i]);
  }
  out.run(";");
  out.piece(" ", fmt::format("bh={};", base64_encode(crypto::view(body))));
  out.piece(" ", "b=");
  return out;
}

// A number that differs for most different names: long headers are searched by it. Never 0.
uint32_t name_mark(std::string_view name) {
  uint32_t mark = 2166136261u;
  for (char c : name) mark = (mark ^ static_cast<uint8_t>(to_lower(c))) * 16777619u;
  return mark | 1u;
}

// RFC 6376 §5.4.2: for each name the last field not yet taken; nothing where none is left.
void append_signed_fields(std::string& out, const std::vector<RawField>& fields,
                          const std::vector<std::string>& names, Canonical form) {
  std::vector<uint32_t> marks;  // of the names of fields not yet taken; 0 for a taken one
  marks.reserve(fields.size());
  for (const RawField& field : fields) marks.push_back(name_mark(field.name));
  for (const std::string& name : names) {
    uint32_t mark = name_mark(name);
    for (size_t i = fields.size(); i-- > 0;) {
      if (marks[i] != mark || !iequals(fields[i].name, name)) continue;
      marks[i] = 0;
      append_canonical_field(out, form, fields[i].raw);
      out += "\r\n";
      break;
    }
  }
}

}  // namespace

std::vector<std::string> default_signed_names(const std::vector<RawField>& fields) {
  std::vector<std::string> out;
  for (std::string_view name : kOverSigned)
    out.insert(out.end(), occurrences(fields, name) + 1, std::string(name));
  for (std::string_view name : kSignedWherePresent)
    out.insert(out.end(), occurrences(fields, name), std::string(name));
  return out;
}

Result<std::string> dkim_sign(std::string_view message, const DkimSignRequest& request) {
  RawMessage split = TRY(split_message(message));
  return dkim_sign(split.fields, hash_body(request.body, split.body), request);
}

Result<std::string> dkim_sign(const std::vector<RawField>& fields, const BodyHash& body,
                              const DkimSignRequest& request) {
  TRY(check_request(request));
  if (body.form != request.body || body.hashed != body.total)
    return fail(Errc::invalid, "not this request's body hash", "body");
  if (occurrences(fields, "From") == 0)
    return fail(Errc::invalid, "a message without From is not signed", "From");
  std::vector<std::string> names =
      request.names.empty() ? default_signed_names(fields) : request.names;
  TRY(check_names(names));
  FoldedField field = begin_field(request, names, body.digest);
  std::string hashed;
  hashed.reserve(2048);
  append_signed_fields(hashed, fields, names, request.header);
  append_canonical_field(hashed, request.header, field.text());
  std::string signature = TRY(request.key.sign(crypto::sha256(hashed)));
  field.run(base64_encode(signature));
  return field.text() + "\r\n";
}

}  // namespace ph::mailauth
