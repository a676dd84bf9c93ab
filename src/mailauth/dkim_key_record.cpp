#include "mailauth/dkim_key_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "mailauth/dkim_tags.h"

namespace ph::mailauth {
namespace {

bool lists(std::string_view value, std::string_view wanted) {
  return std::ranges::any_of(split_colons(value),
                             [&](std::string_view piece) { return iequals(piece, wanted); });
}

Result<crypto::KeyKind> read_kind(const DkimTags& tags) {
  std::string_view kind = tags.find("k").value_or("rsa");
  if (iequals(kind, "rsa")) return crypto::KeyKind::rsa;
  if (iequals(kind, "ed25519")) return crypto::KeyKind::ed25519;
  return fail(Errc::unsupported, "k= names a key type that is not known", "k");
}

}  // namespace

Result<DkimKeyRecord> parse_dkim_key_record(std::string_view text) {
  if (text.size() > limits::kDkimKeyRecordBytes)
    return fail(Errc::limit,
                fmt::format("a record of more than {} bytes", limits::kDkimKeyRecordBytes));
  DkimTags tags = TRY(DkimTags::parse(text));
  // RFC 6376 §3.6.1: where it stands, v= is the first tag and says DKIM1, in these letters.
  if (auto version = tags.find("v"); version && *version != "DKIM1")
    return fail(Errc::invalid, "v= is not DKIM1", "v");
  if (tags.find("v") && tags.all()[0].name != "v")
    return fail(Errc::invalid, "v= is not the first tag", "v");
  DkimKeyRecord out;
  out.kind = TRY(read_kind(tags));
  if (auto hashes = tags.find("h")) out.for_sha256 = lists(*hashes, "sha256");
  if (auto services = tags.find("s"))
    out.for_email = lists(*services, "*") || lists(*services, "email");
  if (auto flags = tags.find("t")) {
    out.testing = lists(*flags, "y");
    out.strict = lists(*flags, "s");
  }
  auto key = tags.find("p");
  if (!key) return fail(Errc::invalid, "p= is missing", "p");
  if (key->empty()) return out;
  auto bytes = base64_decode(without_white_space(*key));
  if (!bytes) return fail(Errc::invalid, "p= is not base64", "p");
  auto parsed = crypto::PublicKey::from_dkim(out.kind, *bytes);
  if (!parsed) return fail(Errc::invalid, "p= holds " + parsed.error().message, "p");
  out.key = std::move(*parsed);
  return out;
}

std::string print_dkim_key_record(const crypto::PublicKey& key) {
  return fmt::format("v=DKIM1; k={}; p={}",
                     key.kind() == crypto::KeyKind::rsa ? "rsa" : "ed25519",
                     base64_encode(key.dkim_bytes()));
}

std::string dkim_record_name(std::string_view selector, std::string_view domain) {
  return fmt::format("{}._domainkey.{}", selector, domain);
}

bool same_dkim_key(const DkimKeyRecord& record, const crypto::PublicKey& key) {
  return record.key.has_value() && *record.key == key;
}

}  // namespace ph::mailauth
