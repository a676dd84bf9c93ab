#include "core/bulk_expand.h"

#include "api/rest/rest_house_test.h"
#include "store/fsck.h"

using namespace ph;
using namespace ph::rest_test;

namespace {

constexpr const char* kContent = R"({"from":"a@m.acme.example","subject":"{{n}}","text":"{{n}}"})";

struct Fixture : RestFixture {
  Fixture() : house(*this, "acme"), bearer(key_token(house.id)) {}

  static net::HttpHeader lines_type() { return {"Content-Type", "application/x-ndjson"}; }
  Ask lines(std::string body) {
    return {.method = "POST",
            .target = "/api/v1/messages/bulk",
            .body = std::move(body),
            .bearer = bearer,
            .headers = {lines_type()}};
  }
  Ask list(std::string body) {
    return {.method = "POST",
            .target = "/api/v1/messages/bulk",
            .body = std::move(body),
            .bearer = bearer};
  }
  static std::string listed(const std::string& recipients) {
    return R"({"from":"a@m.acme.example","text":"{{n}}","recipients":)" + recipients + "}";
  }
  Got job(const std::string& id) {
    return ask({.target = "/api/v1/messages/bulk/" + id, .bearer = bearer});
  }
  void expand(const std::string& id) {
    core::BulkRenderer renderer(context);
    core::BulkExpansion expansion(context, renderer, BulkId(need(parse_id(id))));
    while (granted(run(expansion.step(2))).progress == core::BulkProgress::moved) {
    }
  }
  House house;
  std::string bearer;
};

// A body as the server hands it over, in pieces.
struct Pieces : net::HttpBodyStream {
  std::vector<std::string> left;
  std::optional<Error> then;
  net::Task<Result<std::string>> next() override {
    if (left.empty() && then) co_return std::unexpected(*then);
    if (left.empty()) co_return std::string();
    std::string out = left.front();
    left.erase(left.begin());
    co_return out;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a job of lines is 202 with an id, and shows how far it is") {
  Got made = ask(lines(std::string(kContent) + "\n" + R"({"to":"b@there.example","data":{"n":1}})" +
                       "\n" + R"({"to":"c@there.example","data":{"n":2}})" + "\n"));
  CHECK_EQ(made.words(), "202");
  Got seen = job(made.text("id"));
  CHECK_EQ(seen.text("state"), "expanding");
  CHECK_EQ(seen.number("rows"), 2);
  expand(made.text("id"));
  seen = job(made.text("id"));
  CHECK_EQ(seen.text("state"), "done");
  CHECK_EQ(seen.number("accepted"), 2);
  CHECK_EQ(seen.body.find("recipients")->find("queued")->as_int(), 2);
  Got all = ask({.target = "/api/v1/messages/bulk", .bearer = bearer});
  CHECK_EQ(all.items().size(), 2);  // the house has one
  Got mails = ask({.target = "/api/v1/messages?limit=1", .bearer = bearer});
  std::string mail = mails.items()[0].find("id")->as_string();
  CHECK_EQ(mails.items()[0].find("subject")->as_string(), "2");
  Got content = ask({.target = "/api/v1/messages/" + mail + "/content", .bearer = bearer});
  CHECK(content.raw.contains("\r\n\r\n2"));
}

TEST_CASE_FIXTURE(Fixture,
                  "a list in one document is the same job, and names its rows as the list") {
  Got made = ask(list(listed(R"([{"to":"b@there.example","data":{"n":1}}])")));
  CHECK_EQ(made.words(), "202");
  CHECK_EQ(job(made.text("id")).number("rows"), 1);
  struct Bad {
    std::string body;
    const char* words;
  };
  const Bad bad[] = {
      {listed("[]"), "422 missing_field recipients"},
      {listed("7"), "422 invalid_field recipients"},
      {listed(R"([{"data":{}}])"), "422 missing_field recipients[0].to"},
      {listed(R"([{"to":"b@there.example","data":{"n":1}},{"to":"b@there.example"}])"),
       "422 missing_field recipients[1].data.n"},
      {listed(R"([{"to":"b@there.example","data":{"n":1},"x":1}])"),
       "422 unknown_field recipients[0].x"},
      {listed(R"([{"to":"nobody","data":{"n":1}}])"), "422 bad_recipient recipients[0].to"},
      {R"({"from":"a@m.acme.example","text":"x"})", "422 missing_field recipients"},
      {R"({"from":"a@m.acme.example","text":"x","to":["b@there.example"],"recipients":[]})",
       "422 unknown_field to"},
  };
  for (const Bad& one : bad) {
    INFO(one.body);
    CHECK_EQ(ask(list(one.body)).words(), one.words);
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "an upload in pieces is taken, and one that ends before its end is none") {
  std::string body = std::string(kContent) + "\n" + R"({"to":"b@there.example","data":{"n":1}})";
  auto send = [&](std::optional<Error> then) {
    Ask what = lines("");
    net::HttpRequest request = request_of(what);
    request.headers = {{"Content-Type", "application/x-ndjson"},
                       {"Authorization", "Bearer " + bearer}};
    Pieces pieces;
    for (size_t at = 0; at < body.size(); at += 9) pieces.left.push_back(body.substr(at, 9));
    pieces.then = std::move(then);
    request.stream = &pieces;
    return checked(what, run(api->handle(std::move(request)))).words();
  };
  CHECK_EQ(send(std::nullopt), "202");
  CHECK_EQ(send(Error{Errc::closed, "the body was cut off", {}}), "400 malformed");
  CHECK_EQ(send(Error{Errc::limit, "the body is too large", {}}), "413 too_large");
  for (const store::Finding& finding : need(store::fsck(*store))) FAIL_CHECK(finding.what);
}

TEST_CASE_FIXTURE(Fixture, "only lines of somebody known come in pieces") {
  auto most = [](std::string method, std::string path, std::vector<net::HttpHeader> headers) {
    net::HttpRequest head;
    head.method = std::move(method);
    head.path = std::move(path);
    head.headers = std::move(headers);
    return RestApi::in_pieces(head);
  };
  net::HttpHeader known{"Authorization", "Bearer x"};
  CHECK_EQ(most("POST", "/api/v1/messages/bulk", {known, lines_type()}), limits::kBulkUploadBytes);
  CHECK_EQ(most("POST", "/api/v1/messages/bulk", {lines_type()}), 0);
  CHECK_EQ(most("POST", "/api/v1/messages/bulk", {known}), 0);
  CHECK_EQ(most("GET", "/api/v1/messages/bulk", {known, lines_type()}), 0);
  CHECK_EQ(most("POST", "/api/v1/messages", {known, lines_type()}), 0);
  CHECK_EQ(most("POST", "/api/v1/nowhere", {known, lines_type()}), 0);
  CHECK_EQ(ask({.method = "POST",
                .target = "/api/v1/messages",
                .body = "{}",
                .bearer = bearer,
                .headers = {lines_type()}})
               .status,
           415);
}

TEST_CASE_FIXTURE(Fixture, "a job is paused, resumed and cancelled by its id") {
  std::string path = "/api/v1/messages/bulk/" + house.bulk;
  auto move = [&](const std::string& verb) {
    return ask({.method = "POST", .target = path + verb, .bearer = bearer});
  };
  CHECK_EQ(move("/pause").text("state"), "paused");
  CHECK_EQ(move("/resume").text("state"), "expanding");
  CHECK_EQ(move("/cancel").text("state"), "cancelled");
  CHECK_EQ(move("/resume").words(), "409 conflict");
  CHECK_EQ(move("/cancel").words(), "200");
  CHECK_EQ(ask({.target = "/api/v1/messages/bulk/x", .bearer = bearer}).words(), "404 not_found");
}

TEST_CASE_FIXTURE(Fixture, "a key repeats a job, and is judged") {
  Ask what = list(listed(R"([{"to":"b@there.example","data":{"n":1}}])"));
  what.headers = {{"Idempotency-Key", "k"}};
  Got first = ask(what);
  CHECK_EQ(ask(what).text("id"), first.text("id"));
  what.body = listed(R"([{"to":"b@there.example","data":{"n":2}}])");
  CHECK_EQ(ask(what).words(), "409 idempotency_mismatch Idempotency-Key");
  what.headers = {{"Idempotency-Key", "\x01"}};
  CHECK_EQ(ask(what).words(), "422 invalid_field Idempotency-Key");
}
