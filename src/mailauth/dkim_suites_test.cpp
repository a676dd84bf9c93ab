// DKIM against the cases of chasquid and dkimpy.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <regex>

#include "base/encoding.h"
#include "base/files.h"
#include "mailauth/dkim_testing.h"

using namespace ph;
using namespace ph::mailauth;
using namespace ph::mailauth::testing;

namespace {

constexpr size_t kFileMost = 1 << 20;

// The folder of one suite, or empty after saying that it is missing.
std::string suite(const std::string& name) {
  namespace fs = std::filesystem;
  const char* set = std::getenv("POSTHOUSE_SUITES");
  fs::path root = fs::path(__FILE__).parent_path().parent_path().parent_path();
  fs::path folder = (set != nullptr ? fs::path(set) : root / "../shared/suites") / name;
  if (fs::is_directory(folder)) return folder.string() + "/";
  std::cerr << "skipped: the suite " << name << " is not at " << folder.string() << "\n";
  return {};
}

std::string file(const std::string& path) { return read_file(path, kFileMost).value(); }
std::string message(const std::string& path) { return crlf(file(path)); }

std::string line(const std::string& path) {
  std::string text = file(path);
  return std::string(trim(text));
}

// {"name": ["text", ...], ...}, without escapes: the suite's .dns.json files.
Records read_records(const std::string& path) {
  Records out;
  std::string text = file(path);
  std::regex name("\"([^\"]*)\"\\s*:\\s*\\[([^\\]]*)\\]");
  std::regex value("\"([^\"]*)\"");
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) {
    std::string values = (*at)[2];
    for (std::sregex_iterator v(values.begin(), values.end(), value); v != end; ++v)
      if ((*v)[1] != "PERMERROR") out[(*at)[1]].push_back((*v)[1]);
  }
  return out;
}

std::vector<std::string> all_of(const std::string& text, const char* key) {
  std::vector<std::string> out;
  std::regex pattern(std::string("\"") + key + "\": \"([^\"]*)\"");
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
    out.push_back((*at)[1]);
  return out;
}

const char* state_of(DkimResult result) {
  if (result == DkimResult::pass) return "SUCCESS";
  return result == DkimResult::temperror ? "TEMPFAIL" : "PERMFAIL";
}

// Signs `text` with a key of dkimpy's and verifies it against one of its records.
DkimVerdict round_trip(const std::string& text, const crypto::PrivateKey& key,
                       const std::string& record) {
  DkimSignRequest how = request(key);
  return verify(signed_with(how, text), {{"ph1._domainkey.example.org", {record}}}).value().at(0);
}

}  // namespace

TEST_CASE("every case of chasquid's DKIM suite gets its verdict") {
  std::string folder = suite("dkim-chasquid");
  if (folder.empty()) return;
  int cases = 0;
  for (const std::string& name : system_files().list(folder).value()) {
    if (!name.ends_with(".msg")) continue;
    ++cases;
    std::string stem = folder + name.substr(0, name.size() - 4);
    CAPTURE(name);
    Records records = read_records(stem + ".dns.json");
    // Its own cap is five signatures; the cases are judged under that.
    auto verdicts = verify(message(stem + ".msg"), records, {.now = kNow, .signatures = 5});
    if (!std::filesystem::exists(stem + ".result")) {
      CHECK_FALSE(verdicts.has_value());
      continue;
    }
    REQUIRE(verdicts.has_value());
    std::string expected = file(stem + ".result");
    auto states = all_of(expected, "State");
    auto domains = all_of(expected, "Domain");
    auto selectors = all_of(expected, "Selector");
    REQUIRE_EQ(verdicts->size(), states.size());
    for (size_t i = 0; i < states.size(); ++i) {
      const DkimVerdict& verdict = (*verdicts)[i];
      CAPTURE(verdict.reason);
      CHECK_EQ(state_of(verdict.result), states[i]);
      if (domains[i].empty()) continue;
      CHECK_EQ(verdict.domain, domains[i]);
      CHECK_EQ(verdict.selector, selectors[i]);
    }
  }
  CHECK_EQ(cases, 11);
}

TEST_CASE("dkimpy's signed messages verify, with simple forms and folded oddly") {
  std::string folder = suite("dkim-dkimpy");
  if (folder.empty()) return;
  std::string ed = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  Records records = {{"brisbane._domainkey.football.example.com", {ed}},
                     {"test._domainkey.football.example.com", {line(folder + "test.txt")}},
                     {"sed._domainkey.test.ex", {line(folder + "eximtest.dns")}}};
  for (const char* name : {"rfc6376.signed.msg", "rfc6376.signed.rsa.msg", "ed25519test2.msg"}) {
    CAPTURE(name);
    auto verdicts = verify(message(folder + name), records).value();
    CHECK_FALSE(verdicts.empty());
    for (const DkimVerdict& verdict : verdicts) {
      CAPTURE(verdict.reason);
      CHECK(verdict.result == DkimResult::pass);
    }
  }
}

TEST_CASE("dkimpy's messages whose keys are long gone have their body hashes right") {
  std::string folder = suite("dkim-dkimpy");
  if (folder.empty()) return;
  for (const char* name : {"message.mbox", "test2.message"}) {
    CAPTURE(name);
    std::string text = message(folder + name);
    auto split = split_message(text).value();
    bool seen = false;
    for (const RawField& field : split.fields) {
      if (!iequals(field.name, "DKIM-Signature")) continue;
      seen = true;
      DkimSignature signature = parse_dkim_signature(field);
      CHECK_FALSE(signature.problem.has_value());
      CHECK_EQ(hex_encode(crypto::view(hash_body(signature.body, split.body).digest)),
               hex_encode(signature.body_hash));
    }
    CHECK(seen);
  }
}

TEST_CASE("dkimpy's domain with a parenthesis in it is refused") {
  std::string folder = suite("dkim-dkimpy");
  if (folder.empty()) return;
  auto verdict = verify(message(folder + "test.message.baddomain"), {}).value().at(0);
  CHECK(verdict.result == DkimResult::permerror);
  CHECK_EQ(verdict.reason, "d= is not a name");
  std::string text = message(folder + "test.message.baddomain");
  CHECK(DkimVerifier::parse(text, {}).value().names().empty());
}

TEST_CASE("dkimpy's keys sign its messages, and its records verify or refuse them") {
  std::string folder = suite("dkim-dkimpy");
  if (folder.empty()) return;
  struct Row {
    const char *key, *record;
    DkimResult result;
  };
  const Row rows[] = {
      {"test.private", "test.txt", DkimResult::pass},
      {"test2.private", "test2.txt", DkimResult::pass},
      {"1024_testkey.key", "1024_testkey_wo_markers.pub.txt", DkimResult::pass},
      {"1024_testkey.key", "1024_testkey_wo_markers.pub.rsa.txt", DkimResult::pass},
      {"2048_testkey.key", "2048_testkey_wo_markers.pub.txt", DkimResult::pass},
      {"2048_testkey.key", "2048_testkey_wo_markers.pub.rsa.txt", DkimResult::pass},
      {"2048_testkey_PKCS8.key", "2048_testkey_PKCS8.key.pub.txt", DkimResult::pass},
      {"2048_testkey_PKCS8.key", "2048_testkey_wo_markers.pub.txt", DkimResult::fail},
      {"test.private", "test_bad.txt", DkimResult::permerror},
      {"test.private", "badversion.txt", DkimResult::permerror},
      {"test.private", "badk.txt", DkimResult::permerror},
      {"test.private", "test_tlsrpt.txt", DkimResult::permerror},
      {"test.private", "1024_testkey_wo_markers.pub.txt", DkimResult::fail},
  };
  for (const Row& row : rows) {
    auto key = crypto::PrivateKey::from_pem(file(folder + row.key));
    REQUIRE(key.has_value());
    for (const char* name : {"test.message", "test_extra.message", "rfc6376.msg",
                             "rfc6376.w1258.msg", "ed25519test.msg"}) {
      CAPTURE(row.record);
      CAPTURE(name);
      auto verdict = round_trip(message(folder + name), *key, line(folder + row.record));
      CAPTURE(verdict.reason);
      CHECK_EQ(dkim_result_name(verdict.result), dkim_result_name(row.result));
    }
  }
}

TEST_CASE("dkimpy's Ed25519 keys sign, and its message without From is not signed") {
  std::string folder = suite("dkim-dkimpy");
  if (folder.empty()) return;
  auto key = crypto::PrivateKey::from_ed25519_seed(
      base64_decode(line(folder + "ed25519test.key")).value());
  REQUIRE(key.has_value());
  CHECK(round_trip(message(folder + "ed25519test.msg"), *key, line(folder + "ed25519test.dns"))
            .result == DkimResult::pass);
  CHECK_FALSE(dkim_sign(message(folder + "test_nofrom.message"), request(*key)).has_value());
}
