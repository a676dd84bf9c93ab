#include "console/console.h"

using namespace ph;
using console::Asset;

namespace {

constexpr Asset kAssets[] = {
    {.path = "/assets/main-1a.js",
     .type = "text/javascript",
     .etag = "\"js\"",
     .plain = "plain",
     .gzip = "zipped",
     .brotli = "br"},
    {.path = "/favicon.svg", .type = "image/svg+xml", .etag = "\"svg\"", .plain = "<svg/>"},
    {.path = "/index.html",
     .type = "text/html; charset=utf-8",
     .etag = "\"html\"",
     .plain = "<!doctype html>",
     .gzip = "zipped page"},
    {.path = "/preview.html", .type = "text/html", .etag = "\"p\"", .plain = "<script src=/p.js>"},
};

net::HttpRequest get(std::string path, std::vector<net::HttpHeader> headers = {}) {
  net::HttpRequest out;
  out.method = "GET";
  out.path = std::move(path);
  out.headers = std::move(headers);
  return out;
}

std::string header(const net::HttpResponse& response, std::string_view name) {
  return std::string(net::find_header(response.headers, name).value_or(""));
}

const console::Console kConsole{kAssets};

}  // namespace

TEST_CASE("every page is the document, under a policy without inline script and in no frame") {
  for (const char* path :
       {"/", "/login", "/overview", "/domains", "/domains/a.example", "/queue", "/index.html",
        "/messages/0001", "/sandbox/0001", "/guide", "/guide/domains"}) {
    INFO(path);
    REQUIRE(kConsole.takes(get(path)));
    auto out = kConsole.answer(get(path));
    CHECK(out.status == 200);
    CHECK(out.body == "<!doctype html>");
    CHECK(header(out, "Cache-Control") == "no-cache");
    CHECK(header(out, "X-Content-Type-Options") == "nosniff");
    std::string policy = header(out, "Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "));
    CHECK(policy.contains("frame-ancestors 'none'"));
    CHECK_FALSE(policy.contains("unsafe"));
  }
}

TEST_CASE("every answer has one policy, and none lets inline script run") {
  std::vector<std::string> paths = {"/", "/overview", "/nowhere", "/assets/none.js", "/assets/"};
  for (const Asset& asset : kAssets) paths.emplace_back(asset.path);
  for (const Asset& asset : console::embedded_assets()) paths.emplace_back(asset.path);
  for (const console::Console& console : {kConsole, console::Console(console::embedded_assets())}) {
    for (const std::string& path : paths) {
      for (const char* known : {"", "*"}) {
        INFO(path, known);
        auto out = console.answer(get(path, {{"If-None-Match", known}}));
        auto is_policy = [](const auto& h) { return h.name == "Content-Security-Policy"; };
        CHECK(std::ranges::count_if(out.headers, is_policy) == 1);
        std::string policy = header(out, "Content-Security-Policy");
        CHECK(policy.contains("default-src 'none'"));
        CHECK(policy.contains("frame-ancestors '"));
        CHECK_FALSE(policy.contains("script-src 'unsafe"));
        CHECK_FALSE(policy.contains("unsafe-eval"));
        bool page = header(out, "Content-Type").starts_with("text/html");
        CHECK(page == (policy.contains("script-src 'self'") && out.status != 304));
        CHECK(header(out, "X-Content-Type-Options") == "nosniff");
      }
    }
  }
}

TEST_CASE("the preview of a mail is a frame of no origin") {
  std::string policy = header(kConsole.answer(get("/preview.html")), "Content-Security-Policy");
  CHECK(policy.starts_with("sandbox allow-scripts; default-src 'none'; script-src 'self'; "));
  CHECK_FALSE(policy.contains("allow-same-origin"));
}

TEST_CASE("an asset is kept for ever, in the best encoding that the client takes") {
  auto with = [](std::string accepted) {
    return kConsole.answer(get("/assets/main-1a.js", {{"Accept-Encoding", accepted}}));
  };
  CHECK(with("").body == "plain");
  CHECK(with("gzip, deflate").body == "zipped");
  CHECK(with("gzip, deflate, br").body == "br");
  CHECK(header(with("gzip, br"), "Content-Encoding") == "br");
  CHECK(with("gzip;q=0.5, br;q=0").body == "zipped");
  CHECK(with("gzip;q=0, br; q=0.0").body == "plain");
  CHECK(header(with("br"), "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(header(with("br"), "Vary") == "Accept-Encoding");
  CHECK(kConsole.answer(get("/favicon.svg", {{"Accept-Encoding", "gzip"}})).body == "<svg/>");
}

TEST_CASE("a client that has it already gets 304 without a body") {
  for (const char* known : {"\"js\"", "W/\"js\"", "\"x\", \"js\"", "*"}) {
    auto out = kConsole.answer(get("/assets/main-1a.js", {{"If-None-Match", known}}));
    CHECK(out.status == 304);
    CHECK(out.body.empty());
    CHECK(header(out, "ETag") == "W/\"js\"");
    CHECK(header(out, "Vary") == "Accept-Encoding");
  }
  CHECK(kConsole.answer(get("/assets/main-1a.js", {{"If-None-Match", "\"y\""}})).status == 200);
}

TEST_CASE("what is not there is 404: a file as text, a page as the document that says so") {
  for (const char* path : {"/assets/", "/assets/main-2b.js", "/assets/../index.html"}) {
    auto out = kConsole.answer(get(path));
    CHECK(out.status == 404);
    CHECK(header(out, "Content-Type").starts_with("text/plain"));
  }
  net::HttpRequest typed = get("/nowhere", {{"Accept", "text/html,*/*"}});
  REQUIRE(kConsole.takes(typed));
  CHECK(kConsole.answer(typed).status == 404);
  CHECK(kConsole.answer(typed).body == "<!doctype html>");
}

TEST_CASE("the paths of programs are never the console's") {
  for (const char* path : {"/api/v1/session", "/api", "/healthz", "/readyz", "/metrics",
                           "/v2/email/identities", "/t/x", "/u/x", "/.well-known/mta-sts.txt"})
    CHECK_FALSE(kConsole.takes(get(path, {{"Accept", "text/html"}})));
  CHECK_FALSE(kConsole.takes(get("/nowhere")));
  net::HttpRequest post = get("/");
  post.method = "POST";
  CHECK_FALSE(kConsole.takes(post));
}
