#include "mime/inline_pictures.h"

#include <map>

#include "base/encoding.h"
#include "base/text.h"
#include "mime/header.h"
#include "mime/parse.h"

namespace ph::mime {
namespace {

constexpr std::array<std::string_view, 4> kPictures = {"image/png", "image/jpeg", "image/gif",
                                                       "image/webp"};
constexpr std::string_view kScheme = "cid:";
constexpr std::string_view kIdEnds = "\"'<> \t\r\n()\\";

using Pictures = std::map<std::string, const Part*, std::less<>>;

std::string_view picture_type(const Part& part) {
  for (std::string_view type : kPictures)
    if (part.type.is(type)) return type;
  return {};
}

void collect(const Part& part, Pictures& out) {
  for (const Part& inner : part.parts) collect(inner, out);
  if (!part.parts.empty() || picture_type(part).empty()) return;
  auto header = read_header_block(part.header);
  if (!header) return;
  std::string id(trim(header->value("Content-ID")));
  if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
  if (!id.empty()) out.try_emplace(std::move(id), &part);
}

// RFC 2392 §2: the id stands in the address with octets of it percent-encoded.
std::string plain_id(std::string_view written) {
  std::string out;
  for (size_t i = 0; i < written.size(); ++i) {
    auto octet = written[i] == '%' && i + 2 < written.size()
                     ? parse_number<unsigned char>(written.substr(i + 1, 2), 16)
                     : std::nullopt;
    out += octet ? static_cast<char>(*octet) : written[i];
    if (octet) i += 2;
  }
  return out;
}

// One picture as an address; made once however often it is shown.
class Addresses {
 public:
  explicit Addresses(Pictures pictures) : pictures_(std::move(pictures)) {}

  const std::string* of(const std::string& id) {
    auto found = pictures_.find(id);
    if (found == pictures_.end()) return nullptr;
    auto [made, fresh] = made_.try_emplace(found->second);
    if (fresh)
      made->second = "data:" + std::string(picture_type(*found->second)) + ";base64," +
                     base64_encode(decoded_body(*found->second));
    return &made->second;
  }

 private:
  Pictures pictures_;
  std::map<const Part*, std::string> made_;
};

bool begins_address(std::string_view html, size_t at) {
  if (!istarts_with(html.substr(at), kScheme)) return false;
  return at > 0 && std::string_view("\"'=( \t\r\n").contains(html[at - 1]);
}

}  // namespace

std::string with_inline_pictures(std::string_view message, std::string_view html, size_t most) {
  auto tree = parse_mime(message);
  if (!tree) return std::string(html);
  Pictures pictures;
  collect(tree->root, pictures);
  if (pictures.empty()) return std::string(html);
  Addresses addresses(std::move(pictures));
  std::string out;
  size_t room = most > html.size() ? most - html.size() : 0;
  for (size_t at = 0; at < html.size();) {
    if (!begins_address(html, at)) {
      out += html[at++];
      continue;
    }
    size_t end = std::min(html.find_first_of(kIdEnds, at), html.size());
    std::string_view written = html.substr(at, end - at);
    const std::string* address = addresses.of(plain_id(written.substr(kScheme.size())));
    bool fits = address != nullptr && address->size() <= room;
    if (fits) room -= address->size();
    out += fits ? std::string_view(*address) : written;
    at = end;
  }
  return out;
}

}  // namespace ph::mime
