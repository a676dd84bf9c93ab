#include "core/bulk_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/send_draft.h"
#include "crypto/hash.h"

namespace ph::core {
namespace {

using json::Value;
using templates::Escape;
using templates::Template;

constexpr size_t kMailOverhead = 2048;  // of header fields and boundaries, about

Outcome<std::string> text_member(const Value& value, const std::string& field) {
  if (!value.is_string()) return refuse(Reason::invalid_field, "This is text.", field);
  if (value.as_string().contains('\0'))
    return refuse(Reason::invalid_field, "The text has a NUL.", field);
  return value.as_string();
}

Outcome<std::vector<std::string>> list_member(const Value& value, const std::string& field) {
  if (!value.is_array()) return refuse(Reason::invalid_field, "This is a list of text.", field);
  std::vector<std::string> out;
  for (const Value& item : value.as_array())
    out.push_back(REFUSE_TRY(text_member(item, fmt::format("{}[{}]", field, out.size()))));
  return out;
}

Outcome<std::vector<mime::CustomHeader>> headers_member(const Value& value) {
  if (!value.is_object())
    return refuse(Reason::invalid_field, "headers is an object of text.", "headers");
  std::vector<mime::CustomHeader> out;
  for (const json::Member& member : value.as_object()) {
    std::string field = "headers." + member.name.substr(0, limits::kHeaderName);
    out.push_back({member.name, REFUSE_TRY(text_member(member.value, field))});
  }
  return out;
}

Outcome<mime::Attachment> attachment_of(const Value& value, const std::string& field) {
  if (!value.is_object())
    return refuse(Reason::invalid_field, "An attachment is an object.", field);
  mime::Attachment out;
  for (const json::Member& member : value.as_object()) {
    std::string name = field + "." + member.name.substr(0, limits::kHeaderName);
    std::string text = REFUSE_TRY(text_member(member.value, name));
    if (member.name == "filename") {
      out.filename = std::move(text);
    } else if (member.name == "content_type") {
      out.content_type = std::move(text);
    } else if (member.name == "content_id") {
      out.content_id = std::move(text);
    } else if (member.name == "content") {
      auto content = base64_decode(text);
      if (!content)
        return refuse(Reason::invalid_field, "The content of an attachment is base64.", name);
      out.content = std::move(*content);
    } else {
      return refuse(Reason::unknown_field, "There is no such field here.", name);
    }
  }
  return out;
}

Outcome<std::vector<mime::Attachment>> attachments_member(const Value& value) {
  if (!value.is_array())
    return refuse(Reason::invalid_field, "attachments is a list.", "attachments");
  std::vector<mime::Attachment> out;
  for (const Value& item : value.as_array())
    out.push_back(REFUSE_TRY(attachment_of(item, fmt::format("attachments[{}]", out.size()))));
  return out;
}

Outcome<BulkMissing> missing_member(const Value& value) {
  if (value.is_string() && value.as_string() == "refuse") return BulkMissing::refuse;
  if (value.is_string() && value.as_string() == "empty") return BulkMissing::empty;
  return refuse(Reason::invalid_field, "missing is \"refuse\" or \"empty\".", "missing");
}

Outcome<> take_member(BulkContent& out, const json::Member& member) {
  FieldContent& fields = out.fields;
  const std::string& name = member.name;
  const Value& value = member.value;
  if (name == "from")
    fields.from = REFUSE_TRY(text_member(value, name));
  else if (name == "subject")
    fields.subject = REFUSE_TRY(text_member(value, name));
  else if (name == "text")
    fields.text = REFUSE_TRY(text_member(value, name));
  else if (name == "html")
    fields.html = REFUSE_TRY(text_member(value, name));
  else if (name == "reply_to")
    fields.reply_to = REFUSE_TRY(list_member(value, name));
  else if (name == "headers")
    fields.headers = REFUSE_TRY(headers_member(value));
  else if (name == "attachments")
    fields.attachments = REFUSE_TRY(attachments_member(value));
  else if (name == "missing")
    out.missing = REFUSE_TRY(missing_member(value));
  else
    return refuse(Reason::unknown_field, "There is no such field in a bulk content.",
                  name.substr(0, limits::kHeaderName));
  return {};
}

Outcome<Template> compiled(const std::string& text, const std::string& field) {
  auto out = Template::compile(text);
  if (!out && out.error().code == Errc::limit)
    return refuse(Reason::too_large, out.error().message, field);
  if (!out) return refuse(Reason::invalid_field, out.error().message, field);
  return std::move(*out);
}

// The same sequence for the same mail: a retry has the same boundaries.
class MailRandom : public Random {
 public:
  explicit MailRandom(MessageId id) : seed_(fmt::format("boundaries of {}", id.value)) {}
  void fill(void* out, size_t size) override {
    auto* at = static_cast<char*>(out);
    for (size_t i = 0; i < size; ++i) {
      if (used_ == block_.size()) {
        block_ = crypto::sha256(fmt::format("{} {}", seed_, turn_++));
        used_ = 0;
      }
      at[i] = static_cast<char>(block_[used_++]);
    }
  }

 private:
  std::string seed_;
  uint64_t turn_ = 0;
  crypto::Digest block_{};
  size_t used_ = sizeof(crypto::Digest);
};

Value mailbox_json(const mime::Mailbox& mailbox) {
  return Value::object({{"name", mailbox.name},
                        {"local", mailbox.local},
                        {"domain", mailbox.domain},
                        {"ascii", mailbox.ascii}});
}

Result<mime::Mailbox> kept_mailbox(const json::Reader& at) {
  mime::Mailbox out;
  out.name = TRY(TRY(at.at("name")).string(limits::kAddressListBytes));
  out.local = TRY(TRY(at.at("local")).string(limits::kAddressListBytes));
  out.domain = TRY(TRY(at.at("domain")).string(limits::kAddressListBytes));
  out.ascii = TRY(TRY(at.at("ascii")).string(limits::kAddressListBytes));
  return out;
}

}  // namespace

Outcome<BulkContent> read_bulk_content(const Value& value) {
  if (!value.is_object()) return refuse(Reason::malformed, "The content is a JSON object.");
  BulkContent out;
  for (const json::Member& member : value.as_object()) REFUSE_TRY(take_member(out, member));
  return out;
}

Outcome<BulkTemplate> BulkTemplate::compile(BulkContent content, mime::Mailbox from,
                                            std::vector<mime::Mailbox> reply_to) {
  BulkTemplate out;
  const FieldContent& fields = content.fields;
  if (fields.text.empty() && fields.html.empty())
    return refuse(Reason::missing_field, "A message needs a text or an html body.", "text");
  out.subject_ = REFUSE_TRY(compiled(fields.subject, "subject"));
  out.text_ = REFUSE_TRY(compiled(fields.text, "text"));
  out.html_ = REFUSE_TRY(compiled(fields.html, "html"));
  std::set<std::string> in_line(out.subject_.variables().begin(), out.subject_.variables().end());
  for (const mime::CustomHeader& header : fields.headers) {
    Template value = REFUSE_TRY(compiled(header.value, "headers." + header.name));
    in_line.insert(value.variables().begin(), value.variables().end());
    out.headers_.push_back({header.name, std::move(value)});
  }
  out.line_names_.assign(in_line.begin(), in_line.end());
  out.from_ = std::move(from);
  out.reply_to_ = std::move(reply_to);
  out.memory_ = 2 * (fields.text.size() + fields.html.size()) + kMailOverhead;
  for (const mime::Attachment& attachment : fields.attachments)
    out.memory_ += attachment.content.size();
  out.content_ = std::move(content);
  // What is wrong whatever the rows say is found now, under the request's names.
  BulkRow sample{.to = out.from_, .data = {}};
  for (const Template* part : {&out.subject_, &out.text_, &out.html_})
    for (const std::string& name : part->variables()) sample.data.add(name, "x");
  for (const std::string& name : out.line_names_) sample.data.add(name, "x");
  REFUSE_TRY(out.check_row(sample));
  auto built = out.render(sample, {MessageId(1), "sample@" + out.from_.domain, WallTime{}});
  if (!built) REFUSE_TRY(lift_content(built.error()));
  return out;
}

std::string BulkTemplate::kept() const {
  const FieldContent& fields = content_.fields;
  Value reply_to = Value::array();
  for (const mime::Mailbox& mailbox : reply_to_) reply_to.push(mailbox_json(mailbox));
  Value headers = Value::array();
  for (const mime::CustomHeader& header : fields.headers)
    headers.push(Value::array({header.name, header.value}));
  Value attachments = Value::array();
  for (const mime::Attachment& one : fields.attachments)
    attachments.push(Value::object({{"filename", one.filename},
                                    {"content_type", one.content_type},
                                    {"content_id", one.content_id},
                                    {"content", base64_encode(one.content)}}));
  return json::serialize(Value::object({{"from", mailbox_json(from_)},
                                        {"reply_to", std::move(reply_to)},
                                        {"subject", fields.subject},
                                        {"text", fields.text},
                                        {"html", fields.html},
                                        {"headers", std::move(headers)},
                                        {"attachments", std::move(attachments)},
                                        {"missing", content_.missing == BulkMissing::empty}}));
}

Result<BulkTemplate> BulkTemplate::from_kept(std::string_view kept) {
  Value value = TRY(json::parse(kept, limits::kMessageBytes));
  json::Reader at(value);
  BulkContent content;
  FieldContent& fields = content.fields;
  auto text = [&](const char* name) -> Result<std::string> {
    return TRY(at.at(name)).string(limits::kMessageBytes);
  };
  mime::Mailbox from = TRY(kept_mailbox(TRY(at.at("from"))));
  std::vector<mime::Mailbox> reply_to;
  for (const json::Reader& one : TRY(TRY(at.at("reply_to")).items(limits::kReplyTo)))
    reply_to.push_back(TRY(kept_mailbox(one)));
  fields.subject = TRY(text("subject"));
  fields.text = TRY(text("text"));
  fields.html = TRY(text("html"));
  for (const json::Reader& one : TRY(TRY(at.at("headers")).items(limits::kCustomHeaders))) {
    auto pair = TRY(one.items(2));
    if (pair.size() != 2) return fail(Errc::corrupt, "a kept header is no pair");
    fields.headers.push_back({TRY(pair[0].string(limits::kHeaderName)),
                              TRY(pair[1].string(limits::kCustomHeaderValue))});
  }
  auto attachments = TRY(at.at("attachments"));
  if (!attachments.value().is_array()) return fail(Errc::corrupt, "kept attachments are no list");
  for (const Value& one : attachments.value().as_array()) {
    auto read = attachment_of(one, "attachment");
    if (!read) return fail(Errc::corrupt, read.error().detail);
    fields.attachments.push_back(std::move(*read));
  }
  if (TRY(TRY(at.at("missing")).boolean())) content.missing = BulkMissing::empty;
  auto out = compile(std::move(content), std::move(from), std::move(reply_to));
  if (!out) return fail(Errc::corrupt, "a kept content: " + out.error().detail);
  return std::move(*out);
}

Outcome<> BulkTemplate::check_row(const BulkRow& row) const {
  if (content_.missing == BulkMissing::refuse) {
    auto check = [&](const Template& part) -> Outcome<> {
      const std::string* name = part.missing(row.data);
      if (name == nullptr) return {};
      return refuse(Reason::missing_field,
                    fmt::format("The content has {{{{{}}}}}, and this row gives no value.", *name),
                    "data." + *name);
    };
    for (const Template* part : {&subject_, &text_, &html_}) REFUSE_TRY(check(*part));
    for (const Header& header : headers_) REFUSE_TRY(check(header.value));
  }
  for (const std::string& name : line_names_) {
    auto value = row.data.find(name);
    if (value && has_control(*value))
      return refuse(Reason::invalid_field,
                    "This variable stands in a header: it has no line ends and control characters.",
                    "data." + name);
  }
  if (utf8_length(subject_.render(row.data, Escape::none)) > limits::kSubject)
    return refuse(Reason::too_large, "The subject becomes longer than 998 characters.", "subject");
  for (const Header& header : headers_) {
    if (header.value.is_constant()) continue;
    std::string value = header.value.render(row.data, Escape::none);
    auto good = mime::check_custom_header(header.name, value);
    if (!good) return refuse(Reason::invalid_field, good.error().message, good.error().field);
    if (value.size() > limits::kBulkHeader)
      return refuse(Reason::too_large,
                    fmt::format("The header becomes longer than {} octets.", limits::kBulkHeader),
                    "headers." + header.name);
  }
  if (size(row) > limits::kBulkRenderedBytes)
    return refuse(Reason::too_large,
                  fmt::format("The mail of this row becomes larger than {} octets.",
                              limits::kBulkRenderedBytes));
  return {};
}

std::string BulkTemplate::subject(const BulkRow& row) const {
  return subject_.render(row.data, Escape::none);
}

size_t BulkTemplate::size(const BulkRow& row) const {
  size_t out = kMailOverhead + text_.rendered_size(row.data, Escape::none) +
               html_.rendered_size(row.data, Escape::html);
  for (const mime::Attachment& attachment : content_.fields.attachments)
    out += attachment.content.size() / 57 * 78;  // RFC 2045 §6.8: 57 octets a line of base64
  return out;
}

bool BulkTemplate::needs_smtputf8(const BulkRow& row) const {
  return mime::needs_smtputf8(row.to) || mime::needs_smtputf8(from_) ||
         std::ranges::any_of(reply_to_, mime::needs_smtputf8);
}

Result<mime::BuiltMessage> BulkTemplate::render(const BulkRow& row,
                                                const BulkIdentity& identity) const {
  mime::MessageParts parts;
  parts.from = from_;
  parts.to = {row.to};
  parts.reply_to = reply_to_;
  parts.subject = subject_.render(row.data, Escape::none);
  parts.text = text_.render(row.data, Escape::none);
  parts.html = html_.render(row.data, Escape::html);
  for (const Header& header : headers_)
    parts.headers.push_back({header.name, header.value.render(row.data, Escape::none)});
  parts.attachments = content_.fields.attachments;
  parts.date = identity.date;
  parts.message_id = identity.header_message_id;
  MailRandom random(identity.id);
  return mime::build_message(parts, random);
}

}  // namespace ph::core
