#include "api/rest/event_stream.h"

#include "api/rest/rest_house_test.h"

using namespace ph;
using namespace ph::rest_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kStream = "/api/v1/events/stream";

struct Fixture : RestFixture {
  Fixture() : mine(*this, "acme"), theirs(*this, "other") {}

  using Source = std::shared_ptr<net::HttpBodySource>;
  static Ask listening(std::string bearer, std::string query = "") {
    return {.target = kStream + query, .bearer = std::move(bearer)};
  }
  // The stream, behind its first words.
  Source open(const Ask& what) {
    auto response = run(api->handle(request_of(what)));
    Source source = response.source;
    checked(what, std::move(response));
    REQUIRE(source != nullptr);
    std::string begin = next(source);
    CHECK(begin.starts_with("event: begin\nid: "));
    CHECK(begin.ends_with("\ndata: {}\n\n"));
    cursor = cursor_in(begin);
    return source;
  }
  std::string next(const Source& source) { return run(source->next()); }
  // What has happened since, without waiting.
  std::string heard(const Source& source) {
    std::string out;
    while (granted(run(feed.look())) > 0) {
    }
    // One beat may be due before what there is to tell; two in a row are silence.
    for (int beats = 0; beats < 2;) {
      std::vector<net::Task<std::string>> both;
      both.push_back(source->next());
      both.push_back(time_passes());
      std::string piece = run(net::gather(std::move(both)))[0];
      REQUIRE_FALSE(piece.empty());
      beats = piece.ends_with("\n:\n\n") ? beats + 1 : 0;
      out += piece;
    }
    if (auto last = out.rfind("id: "); last != std::string::npos) cursor = cursor_in(out);
    return out;
  }
  net::Task<std::string> time_passes() {
    clock.advance(limits::kEventStreamBeat);
    co_return "";
  }
  static std::string cursor_in(const std::string& text) {
    size_t at = text.rfind("id: ") + 4;
    return text.substr(at, text.find('\n', at) - at);
  }
  // "domain.created address.created"
  static std::string types(const std::string& text) {
    std::string out;
    for (std::string_view line : split(text, '\n')) {
      if (!line.starts_with("data: {\"id\"")) continue;
      Value event = need(json::parse(line.substr(6), 1u << 16));
      CHECK(misfit(schemas::kEvent.fields, event, "") == "");
      if (!out.empty()) out += " ";
      out += event.find("type")->as_string();
    }
    return out;
  }
  void make_domain(const House& house, const std::string& name) {
    granted(run(domains.create(owner(house.id), {}, name)));
  }

  House mine, theirs;
  std::string cursor;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "events are told as they happen, each one line of JSON") {
  Source stream = open(listening(mine.owner));
  CHECK(types(heard(stream)) == "");
  make_domain(mine, "one.example.net");
  std::string text = heard(stream);
  CHECK(types(text) == "domain.created");
  CHECK(text.contains("\"type\":\"domain.created\""));
  Got list = ask({.target = "/api/v1/events?limit=1", .bearer = mine.owner});
  CHECK(text.contains("data: " + json::serialize(list.items()[0]) + "\n\n"));
  CHECK(types(heard(stream)) == "");
}

TEST_CASE_FIXTURE(Fixture, "a stream goes on after the last id, by header or address, none twice") {
  Source stream = open(listening(mine.owner));
  make_domain(mine, "one.example.net");
  make_domain(mine, "two.example.net");
  CHECK(types(heard(stream)) == "domain.created domain.created");
  std::string before = cursor;
  stream.reset();
  make_domain(mine, "three.example.net");
  make_domain(theirs, "four.example.net");
  for (bool header : {true, false}) {
    Ask again = listening(mine.owner, "?after=" + (header ? "0" : before));
    if (header) again.headers.push_back({"Last-Event-ID", before});
    Source stream_again = open(again);
    CHECK(types(heard(stream_again)) == "domain.created");
  }
  for (const char* bad : {"?after=x", "?after=1", "?after=aaaaaaaaaaaaa"})
    CHECK(ask(listening(mine.owner, bad)).words() == "422 invalid_field after");
}

TEST_CASE_FIXTURE(Fixture, "an account hears its own events alone, the operator all or one's") {
  Source own = open(listening(mine.owner));
  Source other = open(listening(theirs.owner));
  Source all = open(listening(boss_token));
  Source one = open(listening(boss_token, "?account=" + std::to_string(theirs.id.value)));
  make_domain(mine, "one.example.net");
  granted(run(addresses.create(owner(theirs.id), {.email = "b@" + theirs.domain})));
  CHECK(types(heard(own)) == "domain.created");
  CHECK(types(heard(other)) == "address.created");
  std::string everything = heard(all);
  CHECK(types(everything) == "domain.created address.created");
  CHECK(everything.contains("\"account\":" + std::to_string(mine.id.value)));
  CHECK(types(heard(one)) == "address.created");
  // From the beginning of the log, too.
  std::string past = heard(open(listening(mine.owner, "?after=0")));
  CHECK(types(past).contains("account.created"));
  CHECK_FALSE(past.contains("\"account\":"));
  std::string seen = heard(open(listening(theirs.owner, "?after=0")));
  CHECK_FALSE(seen.contains(mine.message));
  CHECK(past.contains(mine.message));

  std::string foreign = "?account=" + std::to_string(theirs.id.value);
  CHECK(ask(listening(mine.owner, foreign)).words() == "404 not_found account");
  std::string narrow = key_token(mine.id, {.only_domain = mine.domain});
  CHECK(ask(listening(narrow)).words() == "403 forbidden");
  CHECK(ask(listening(key_token(mine.id, {.scope = core::Scope::send}))).words() ==
        "403 forbidden");
}

TEST_CASE_FIXTURE(Fixture, "one session holds few streams, and gives them back") {
  std::vector<Source> open_ones;
  for (unsigned i = 0; i < limits::kEventStreamsPerCredential; ++i)
    open_ones.push_back(open(listening(mine.owner)));
  CHECK(ask(listening(mine.owner)).words() == "429 request_rate_limit");
  Source of_key = open(listening(key_token(mine.id)));
  Source of_other = open(listening(sign_in(mine.owner_email)));
  open_ones.pop_back();
  Source again = open(listening(mine.owner));
  CHECK(ask(listening(mine.owner)).words() == "429 request_rate_limit");
}

TEST_CASE("all streams together are bounded") {
  EventStreams streams;
  std::vector<std::shared_ptr<StreamSeat>> seats;
  for (unsigned i = 0; i < limits::kEventStreams; ++i)
    seats.push_back(granted(streams.take(std::to_string(i), AccountId(1 + i % 20))));
  auto more = streams.take("more", AccountId(50));
  REQUIRE_FALSE(more.has_value());
  CHECK(more.error().reason == core::Reason::temporary);
  seats.pop_back();
  CHECK(streams.open() == limits::kEventStreams - 1);
  granted(streams.take("more", AccountId(50)));
}

TEST_CASE("one account does not take the seats of all") {
  EventStreams streams;
  std::vector<std::shared_ptr<StreamSeat>> seats;
  for (unsigned i = 0; i < limits::kEventStreams / 10; ++i)
    seats.push_back(granted(streams.take(std::to_string(i), AccountId(1))));
  auto more = streams.take("more", AccountId(1));
  REQUIRE_FALSE(more.has_value());
  CHECK(more.error().reason == core::Reason::request_rate_limit);
  granted(streams.take("more", AccountId(2)));
  seats.pop_back();
  granted(streams.take("more", AccountId(1)));
}

TEST_CASE_FIXTURE(Fixture, "a stream ends with its session: here at once, elsewhere at the beat") {
  const std::string ended = "event: end\ndata: {\"reason\":\"unauthenticated\"}\n\n";
  Source here = open(listening(mine.owner));
  Source other = open(listening(sign_in(mine.owner_email)));
  CHECK(ask({.method = "DELETE", .target = "/api/v1/session", .bearer = mine.owner}).status == 204);
  make_domain(mine, "one.example.net");
  granted(run(feed.look()));
  CHECK(next(here) == ended);
  CHECK(next(here) == "");
  CHECK(types(heard(other)) == "domain.created");

  std::string second = sign_in(mine.owner_email);
  Source elsewhere = open(listening(second));
  granted(run(users.sign_out(second)));  // as another node does
  clock.advance(limits::kEventStreamBeat);
  CHECK(next(elsewhere) == ended);
  CHECK(next(elsewhere) == "");
}

TEST_CASE_FIXTURE(Fixture, "a stream ends with its key, with its person, and with his password") {
  auto ends = [&](const std::string& bearer, auto change) {
    Source stream = open(listening(bearer));
    change();
    clock.advance(limits::kEventStreamBeat);
    std::string said = next(stream);
    CHECK(said.starts_with("event: end"));
  };
  core::NewKey wish{.account = mine.id};
  auto key = granted(run(keys.create(boss, wish)));
  ends(key.token, [&] { granted(run(keys.revoke(boss, mine.id, key.row.id))); });
  auto person = [&](const char* email) { return person_token(mine.id, core::Role::viewer, email); };
  auto id_of = [&](const std::string& token) { return granted(run(users.by_session(token))).user; };
  std::string gone = person("gone@acme.example");
  ends(gone, [&] { granted(run(users.remove(boss, mine.id, id_of(gone)))); });
  std::string changed = person("changed@acme.example");
  ends(changed, [&] {
    granted(run(users.set_password(boss, mine.id, id_of(changed), "another pass word")));
  });
}

TEST_CASE_FIXTURE(Fixture, "the beat brings the cursor on, past what others do") {
  Source stream = open(listening(mine.owner));
  std::string before = cursor;
  make_domain(theirs, "one.example.net");
  std::string beat = heard(stream);
  CHECK(beat.starts_with("id: "));
  CHECK(beat.ends_with("\n:\n\n"));
  CHECK(cursor != before);
}
