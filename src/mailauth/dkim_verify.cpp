#include "mailauth/dkim_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/check.h"
#include "base/text.h"

namespace ph::mailauth {
namespace {

constexpr size_t kNoName = static_cast<size_t>(-1);

DkimVerdict verdict_of(const DkimSignature& signature) {
  DkimVerdict out;
  out.domain = signature.domain;
  out.selector = signature.selector;
  out.algorithm = signature.algorithm;
  out.identity = signature.identity;
  return out;
}

DkimVerdict& because(DkimVerdict& verdict, DkimResult result, std::string reason) {
  verdict.result = result;
  verdict.reason = std::move(reason);
  return verdict;
}

// Of two failures at one name the one that got further tells more.
int worth(DkimResult result) {
  switch (result) {
    case DkimResult::pass: return 5;
    case DkimResult::fail: return 4;
    case DkimResult::policy: return 3;
    case DkimResult::neutral: return 2;
    case DkimResult::permerror: return 1;
    case DkimResult::temperror: return 0;
  }
  return 0;
}

}  // namespace

const char* dkim_result_name(DkimResult result) {
  switch (result) {
    case DkimResult::pass: return "pass";
    case DkimResult::fail: return "fail";
    case DkimResult::neutral: return "neutral";
    case DkimResult::policy: return "policy";
    case DkimResult::temperror: return "temperror";
    case DkimResult::permerror: return "permerror";
  }
  return "neutral";
}

// What several signatures of one message share: each is computed once.
struct DkimVerifier::Work {
  std::unordered_map<std::string, std::vector<const RawField*>> fields;  // by lower-case name
  std::map<std::pair<Canonical, std::optional<uint64_t>>, BodyHash> bodies;

  explicit Work(const RawMessage& message) {
    for (const RawField& field : message.fields) fields[lower(field.name)].push_back(&field);
  }

  const BodyHash& body(const RawMessage& message, const DkimSignature& signature) {
    auto [at, fresh] = bodies.try_emplace({signature.body, signature.length});
    if (fresh) at->second = hash_body(signature.body, message.body, signature.length);
    return at->second;
  }

  // RFC 6376 §5.4.2: of fields with one name the last is taken first; a name without a field left
  // adds nothing.
  crypto::Digest header(const DkimSignature& signature) const {
    std::unordered_map<std::string, size_t> taken;
    std::string text;
    for (std::string_view name : signature.names) {
      std::string key = lower(name);
      auto found = fields.find(key);
      if (found == fields.end()) continue;
      size_t& used = taken[key];
      if (used == found->second.size()) continue;
      ++used;
      const RawField* field = found->second[found->second.size() - used];
      append_canonical_field(text, signature.header, field->raw);
      text += "\r\n";
    }
    append_signature_field(text, signature.header, signature.field);
    return crypto::sha256(text);
  }
};

Result<DkimVerifier> DkimVerifier::parse(std::string_view message, const DkimOptions& options) {
  DkimVerifier out;
  out.options_ = options;
  out.message_ = TRY(split_message(message));
  for (const RawField& field : out.message_.fields) {
    if (!iequals(field.name, "DKIM-Signature")) continue;
    if (++out.found_ > options.signatures) continue;
    DkimSignature signature = parse_dkim_signature(field);
    size_t index = kNoName;
    if (!signature.problem) {
      std::string name = dkim_record_name(signature.selector, signature.domain);
      auto at = std::ranges::find(out.names_, name);
      index = static_cast<size_t>(at - out.names_.begin());
      if (at == out.names_.end()) out.names_.push_back(std::move(name));
    }
    out.name_of_.push_back(index);
    out.signatures_.push_back(std::move(signature));
  }
  return out;
}

std::vector<DkimVerdict> DkimVerifier::judge(const std::vector<TxtAnswer>& answers) const {
  PH_CHECK(answers.size() == names_.size());
  std::vector<DkimVerdict> out;
  Work work(message_);
  for (size_t i = 0; i < signatures_.size(); ++i) {
    const TxtAnswer* answer = name_of_[i] == kNoName ? nullptr : &answers[name_of_[i]];
    out.push_back(judge_one(signatures_[i], answer, work));
  }
  return out;
}

DkimVerdict DkimVerifier::judge_one(const DkimSignature& signature, const TxtAnswer* answer,
                                    Work& work) const {
  DkimVerdict out = verdict_of(signature);
  if (signature.problem) {
    bool ignored = signature.problem->code == Errc::unsupported;
    return because(out, ignored ? DkimResult::neutral : DkimResult::permerror,
                   signature.problem->message);
  }
  if (signature.expires && options_.now.seconds() > *signature.expires)
    return because(out, DkimResult::permerror, "the signature has expired");
  if (answer->state == TxtAnswer::State::temporary)
    return because(out, DkimResult::temperror, "the key could not be looked up now");
  if (answer->state == TxtAnswer::State::none || answer->texts.empty())
    return because(out, DkimResult::permerror, "there is no key record");
  // RFC 6376 §3.6.2.2: what several records mean is undefined; each is tried, as §6.1.2 allows.
  bool first = true;
  DkimVerdict best;
  for (size_t i = 0; i < std::min(answer->texts.size(), limits::kDkimKeyRecords); ++i) {
    DkimVerdict next = verdict_of(signature);
    auto record = parse_dkim_key_record(answer->texts[i]);
    if (record) {
      next = judge_key(signature, *record, work);
    } else {
      because(next, DkimResult::permerror, "the key record: " + record.error().message);
    }
    if (first || worth(next.result) > worth(best.result)) best = std::move(next);
    first = false;
    if (best.result == DkimResult::pass) break;
  }
  return best;
}

DkimVerdict DkimVerifier::judge_key(const DkimSignature& signature, const DkimKeyRecord& record,
                                    Work& work) const {
  DkimVerdict out = verdict_of(signature);
  out.testing = record.testing;
  out.bits = record.bits();
  // RFC 6376 §6.1.2: may this key make this signature?
  if (record.revoked()) return because(out, DkimResult::permerror, "the key was revoked");
  if (record.kind != signature.kind)
    return because(out, DkimResult::permerror, "the key is of another type than a=");
  if (!record.for_sha256)
    return because(out, DkimResult::permerror, "the key record's h= does not allow sha256");
  if (!record.for_email)
    return because(out, DkimResult::permerror, "the key record's s= does not allow email");
  if (record.strict && !signature.identity.ends_with("@" + signature.domain))
    return because(out, DkimResult::permerror,
                   "the key record's t=s does not allow a sub-domain in i=");
  if (record.kind == crypto::KeyKind::rsa && record.bits() < options_.min_rsa_bits)
    return because(out, DkimResult::policy,  // RFC 8301 §3.2
                   fmt::format("the RSA key has {} bits; {} are wanted", record.bits(),
                               options_.min_rsa_bits));
  // RFC 6376 §3.6.1 t=y: a failure in test mode is not held against the message.
  DkimResult failed = record.testing ? DkimResult::neutral : DkimResult::fail;
  std::string_view test = record.testing ? " (the key is in test mode)" : "";
  const BodyHash& body = work.body(message_, signature);
  if (signature.length && body.hashed < *signature.length)
    return because(out, DkimResult::permerror, "l= is longer than the body");
  if (crypto::view(body.digest) != signature.body_hash)
    return because(out, failed, fmt::format("the body was changed{}", test));
  if (!record.key->verify(work.header(signature), signature.signature))
    return because(out, failed, fmt::format("the signature does not verify{}", test));
  out.body_partial = body.hashed < body.total;
  out.result = DkimResult::pass;
  if (out.body_partial)
    out.reason = fmt::format("l= signs only {} of {} octets of the body", body.hashed, body.total);
  if (record.testing) out.reason += out.reason.empty() ? "the key is in test mode" : test;
  return out;
}

}  // namespace ph::mailauth
