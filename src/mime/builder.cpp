#include "mime/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "mime/content_type.h"
#include "mime/date.h"
#include "mime/header.h"
#include "mime/header_writer.h"
#include "mime/transfer_encoding.h"

namespace ph::mime {
namespace {

// Fields that the message's own parts make, or that only a receiver or the service may set. A name
// that ends with "-" stands for all that begin with it.
constexpr std::array<std::string_view, 17> kReserved = {"From",
                                                        "Sender",
                                                        "To",
                                                        "Cc",
                                                        "Bcc",
                                                        "Subject",
                                                        "Date",
                                                        "Message-ID",
                                                        "MIME-Version",
                                                        "Content-",
                                                        "DKIM-Signature",
                                                        "Received",
                                                        "Return-Path",
                                                        "Authentication-Results",
                                                        "ARC-",
                                                        "Resent-",
                                                        "X-Posthouse-"};

// RFC 5322 §3.6, RFC 8058 §3.1: at most once. The others of the first table are reserved.
constexpr std::array<std::string_view, 5> kOnce = {"Reply-To", "In-Reply-To", "References",
                                                   "List-Unsubscribe", "List-Unsubscribe-Post"};

constexpr size_t kBoundaryBytes = 15;  // random; 24 characters

// One entity of the message: a leaf with its content, or a multipart with children.
struct Node {
  std::string header;  // Content-… fields
  std::string_view content;
  TransferEncoding encoding = TransferEncoding::seven_bit;
  std::string boundary;
  std::vector<Node> children;
};

Error in_field(Error error, std::string field) {
  error.field = std::move(field);
  return error;
}

// A Result with the API's field name in its error.
template <class T>
Result<T> named(Result<T> result, std::string field) {
  if (result) return result;
  return std::unexpected(in_field(std::move(result).error(), std::move(field)));
}

bool is_reserved(std::string_view name) {
  return std::ranges::any_of(kReserved, [&](std::string_view reserved) {
    return reserved.ends_with('-') ? istarts_with(name, reserved) : iequals(name, reserved);
  });
}

bool is_message_id(std::string_view id) {
  return !id.empty() && id.size() + 2 <= limits::kMessageIdBytes && id.contains('@') &&
         std::ranges::all_of(id,
                             [](char c) { return c > ' ' && c < 0x7f && c != '<' && c != '>'; });
}

bool is_content_id(std::string_view id) {
  return id.size() <= limits::kContentId && std::ranges::all_of(id, [](char c) {
           return c > ' ' && c < 0x7f && c != '<' && c != '>';
         });
}

Result<> check_text_body(std::string_view text, const char* field) {
  if (!is_utf8(text)) return fail(Errc::invalid, "the text is not UTF-8", field);
  if (text.contains('\0')) return fail(Errc::invalid, "the text has a NUL", field);
  return {};
}

Result<> check_attachment(const Attachment& attachment, const std::string& field) {
  if (!is_utf8(attachment.filename) || has_control(attachment.filename))
    return fail(Errc::invalid, "the filename has a control character or is not UTF-8",
                field + ".filename");
  if (attachment.filename.size() > limits::kFilename)
    return fail(Errc::limit, "the filename is longer than 255 octets", field + ".filename");
  if (!is_content_id(attachment.content_id))
    return fail(Errc::invalid,
                "the content id is longer than 255 or not printable ASCII without <>",
                field + ".content_id");
  return {};
}

Result<> check_parts(const MessageParts& parts) {
  if (parts.to.size() + parts.cc.size() > limits::kRecipients)
    return fail(Errc::limit, "there are more than 1000 recipients", "to");
  if (!is_utf8(parts.subject) || has_control(parts.subject))
    return fail(Errc::invalid, "the subject has a control character or is not UTF-8", "subject");
  if (utf8_length(parts.subject) > limits::kSubject)
    return fail(Errc::limit, "the subject is longer than 998 characters", "subject");
  TRY(check_text_body(parts.text, "text"));
  TRY(check_text_body(parts.html, "html"));
  if (!is_message_id(parts.message_id))
    return fail(Errc::invalid, "the message id is not left@right in printable ASCII", "message_id");
  if (parts.headers.size() > limits::kCustomHeaders)
    return fail(Errc::limit, "there are more than 50 custom headers", "headers");
  if (parts.attachments.size() > limits::kAttachments)
    return fail(Errc::limit, "there are more than 100 attachments", "attachments");
  std::set<std::string_view> content_ids;
  for (size_t i = 0; i < parts.attachments.size(); ++i) {
    const Attachment& attachment = parts.attachments[i];
    std::string field = fmt::format("attachments[{}]", i);
    TRY(check_attachment(attachment, field));
    if (!attachment.content_id.empty() && !content_ids.insert(attachment.content_id).second)
      return fail(Errc::invalid, "two attachments have this content id", field + ".content_id");
  }
  return {};
}

Result<> write_mailboxes(HeaderWriter& writer, const char* name, const std::vector<Mailbox>& list,
                         const char* field) {
  for (size_t i = 0; i < list.size(); ++i)
    TRY(named(check_mailbox(list[i]), fmt::format("{}[{}]", field, i)));
  size_t before = writer.text().size();
  TRY(named(writer.mailboxes(name, list), field));
  if (writer.text().size() - before > limits::kAddressListBytes)
    return fail(Errc::limit, "the addresses are longer than 64 KiB together", field);
  return {};
}

Result<> write_custom(HeaderWriter& writer, const MessageParts& parts) {
  for (size_t i = 0; i < parts.headers.size(); ++i) {
    const CustomHeader& header = parts.headers[i];
    TRY(check_custom_header(header.name, header.value));
    std::string field = "headers." + header.name;
    auto same = [&](const CustomHeader& other) { return iequals(other.name, header.name); };
    bool once = std::ranges::any_of(kOnce, [&](auto name) { return iequals(name, header.name); });
    bool repeated = std::ranges::count_if(parts.headers, same) > 1;
    if (iequals(header.name, "Reply-To") && !parts.reply_to.empty()) repeated = true;
    if (once && repeated)
      return fail(Errc::invalid, "this header may stand in a message only once", field);
    // ASCII is taken to be in the field's own syntax (a URI, a list of ids, an encoded-word).
    auto written = is_ascii(header.value) ? writer.structured(header.name, header.value)
                                          : writer.unstructured(header.name, header.value);
    TRY(named(std::move(written), field));
  }
  return {};
}

Result<> write_top_header(HeaderWriter& writer, const MessageParts& parts) {
  TRY(named(check_mailbox(parts.from), "from"));
  TRY(named(writer.mailboxes("From", std::span(&parts.from, 1)), "from"));
  TRY(write_mailboxes(writer, "To", parts.to, "to"));
  TRY(write_mailboxes(writer, "Cc", parts.cc, "cc"));
  TRY(write_mailboxes(writer, "Reply-To", parts.reply_to, "reply_to"));
  TRY(named(writer.unstructured("Subject", parts.subject), "subject"));
  TRY(writer.structured("Date", format_date(parts.date)));
  TRY(named(writer.structured("Message-ID", "<" + parts.message_id + ">"), "message_id"));
  TRY(write_custom(writer, parts));
  return writer.structured("MIME-Version", "1.0");
}

std::string encoding_field(TransferEncoding encoding) {
  return fmt::format("Content-Transfer-Encoding: {}\r\n", transfer_encoding_name(encoding));
}

Node text_node(const char* subtype, std::string_view crlf_text) {
  Node node{.header = {}, .content = crlf_text, .encoding = choose_text_encoding(crlf_text)};
  node.header = fmt::format("Content-Type: text/{}; charset=utf-8\r\n", subtype) +
                encoding_field(node.encoding);
  return node;
}

enum class Placement : uint8_t { attached, in_html };

Result<Node> attachment_node(const Attachment& attachment, Placement placement,
                             const std::string& field) {
  std::string_view wanted = attachment.content_type;
  ContentType type =
      TRY(named(parse_content_type(wanted.empty() ? "application/octet-stream" : wanted),
                field + ".content_type"));
  if (has_control(wanted) || type.type == "multipart")
    return fail(Errc::invalid, "the content type has a control character or is a multipart",
                field + ".content_type");
  Node node{.header = {}, .content = attachment.content, .encoding = TransferEncoding::base64};
  // RFC 2046 §5.2.1: a message inside takes no encoding.
  if (type.type == "message") {
    if (!measure_body(attachment.content).is_seven_bit())
      return fail(Errc::invalid, "a message/… attachment must be 7-bit with CRLF line ends",
                  field + ".content");
    node.encoding = TransferEncoding::seven_bit;
  }
  const std::string& filename = attachment.filename;
  bool has_name = !type.parameter("name").empty();
  if (!has_name && !filename.empty() && is_ascii(filename))
    type.parameters.push_back({.name = "name", .value = filename});
  std::vector<Parameter> disposition;
  if (!filename.empty()) disposition.push_back({.name = "filename", .value = filename});
  HeaderWriter writer;
  TRY(named(writer.parameters("Content-Type", type.full(), type.parameters),
            field + ".content_type"));
  const char* kind = placement == Placement::in_html ? "inline" : "attachment";
  TRY(named(writer.parameters("Content-Disposition", kind, disposition), field + ".filename"));
  if (!attachment.content_id.empty())
    TRY(named(writer.structured("Content-ID", "<" + attachment.content_id + ">"),
              field + ".content_id"));
  node.header = writer.take() + encoding_field(node.encoding);
  return node;
}

// "=_" occurs in neither quoted-printable nor base64 (RFC 2045 §6.7).
std::string make_boundary(Random& random) {
  return "=_" + base32_encode(random.bytes(kBoundaryBytes));
}

Result<Node> multipart(const char* type, std::vector<Node> children, Random& random) {
  Node node{.boundary = make_boundary(random), .children = std::move(children)};
  std::vector<Parameter> parameters;
  if (std::string_view(type) == "multipart/related")
    parameters.push_back({.name = "type", .value = "text/html"});  // RFC 2387 §3.1
  parameters.push_back({.name = "boundary", .value = node.boundary});
  HeaderWriter writer;
  TRY(writer.parameters("Content-Type", type, parameters));
  node.header = writer.take();
  return node;
}

struct Bodies {
  std::string text;  // CRLF line ends
  std::string html;
};

Result<Node> build_tree(const MessageParts& parts, const Bodies& bodies, Random& random) {
  std::vector<Node> inlined;
  std::vector<Node> attached;
  for (size_t i = 0; i < parts.attachments.size(); ++i) {
    const Attachment& attachment = parts.attachments[i];
    bool in_html = !attachment.content_id.empty() && !bodies.html.empty();
    Node node = TRY(attachment_node(attachment, in_html ? Placement::in_html : Placement::attached,
                                    fmt::format("attachments[{}]", i)));
    (in_html ? inlined : attached).push_back(std::move(node));
  }
  std::vector<Node> alternatives;
  if (!bodies.text.empty()) alternatives.push_back(text_node("plain", bodies.text));
  if (!bodies.html.empty()) {
    Node html = text_node("html", bodies.html);
    if (!inlined.empty()) {
      inlined.insert(inlined.begin(), std::move(html));
      html = TRY(multipart("multipart/related", std::move(inlined), random));
    }
    alternatives.push_back(std::move(html));
  }
  std::vector<Node> top;
  if (alternatives.size() > 1)
    top.push_back(TRY(multipart("multipart/alternative", std::move(alternatives), random)));
  else
    std::ranges::move(alternatives, std::back_inserter(top));
  std::ranges::move(attached, std::back_inserter(top));
  if (top.empty()) top.push_back(text_node("plain", bodies.text));
  if (top.size() == 1) return std::move(top.front());
  return multipart("multipart/mixed", std::move(top), random);
}

void write_node(const Node& node, std::string& out) {
  out += node.header;
  out += "\r\n";
  for (const Node& child : node.children) {
    out += "--" + node.boundary + "\r\n";
    write_node(child, out);
    // The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
    if (child.encoding != TransferEncoding::base64) out += "\r\n";
  }
  if (!node.children.empty()) {
    out += "--" + node.boundary + "--";
    return;
  }
  switch (node.encoding) {
    case TransferEncoding::quoted_printable:
      out += encode_quoted_printable(node.content, LineBreaks::text);
      break;
    case TransferEncoding::base64:
      out += node.content.empty() ? "\r\n" : encode_base64(node.content);
      break;
    case TransferEncoding::seven_bit:
    case TransferEncoding::eight_bit:
    case TransferEncoding::binary:
      out += node.content;
      break;
  }
}

}  // namespace

Result<> check_custom_header(std::string_view name, std::string_view value) {
  std::string field = "headers." + std::string(name.substr(0, limits::kHeaderName));
  if (!is_field_name(name))
    return fail(Errc::invalid, "a header name is 1 to 76 printable ASCII characters without colon",
                is_utf8(field) && !has_control(field) ? field : "headers");
  if (is_reserved(name)) return fail(Errc::invalid, "this header may not be set here", field);
  if (value.size() > limits::kCustomHeaderValue)
    return fail(Errc::limit, "the value is longer than 8 KiB", field);
  if (!is_utf8(value) || has_control(value))
    return fail(Errc::invalid, "the value has a control character or is not UTF-8", field);
  return {};
}

Result<BuiltMessage> build_message(const MessageParts& parts, Random& random) {
  TRY(check_parts(parts));
  HeaderWriter writer;
  TRY(write_top_header(writer, parts));
  if (writer.text().size() > limits::kHeaderBytes)
    return fail(Errc::limit, "the header section is larger than 256 KiB", "headers");
  Bodies bodies{.text = with_crlf(parts.text), .html = with_crlf(parts.html)};
  Node tree = TRY(build_tree(parts, bodies, random));
  BuiltMessage out{.bytes = writer.take(), .needs_smtputf8 = writer.needs_smtputf8()};
  write_node(tree, out.bytes);
  if (!out.bytes.ends_with("\r\n")) out.bytes += "\r\n";
  if (out.bytes.size() > limits::kMessageBytes)
    return fail(Errc::limit, "the message is larger than 36 MiB", "attachments");
  return out;
}

}  // namespace ph::mime
