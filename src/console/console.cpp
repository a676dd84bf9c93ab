#include "console/console.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace ph::console {
namespace {

constexpr std::string_view kDocument = "/index.html";
constexpr std::string_view kAssets = "/assets/";

// Nothing but our own files, no inline script or style, and in nobody's frame. `frame-src` is for
// mail, whose answers have stricter policies of their own.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

// The frame in which a mail is seen before it is sent: of no origin, with our one script, which
// puts in what the page hands it without anything that runs.
constexpr std::string_view kPreview = "/preview.html";
constexpr std::string_view kPreviewPolicy =
    "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

// Whatever is no page of ours shows nothing and runs nothing, should it be opened as one.
constexpr std::string_view kNoPagePolicy = "default-src 'none'; frame-ancestors 'none'";

// The first piece of every page's path: /domains, /domains/NAME.
constexpr std::array<std::string_view, 27> kPages = {"",
                                                     "login",
                                                     "signup",
                                                     "confirm",
                                                     "reset",
                                                     "invitation",
                                                     "overview",
                                                     "activate",
                                                     "domains",
                                                     "addresses",
                                                     "keys",
                                                     "send",
                                                     "messages",
                                                     "sandbox",
                                                     "billing",
                                                     "quota",
                                                     "identity",
                                                     "users",
                                                     "audit",
                                                     "me",
                                                     "customers",
                                                     "identity-reviews",
                                                     "registrations",
                                                     "offers",
                                                     "settings",
                                                     "queue",
                                                     "guide"};

// Whose paths are never the console's, whatever a browser says it accepts.
constexpr std::array<std::string_view, 8> kOthers = {"api",         "v2",      "t",       "u",
                                                     ".well-known", "metrics", "healthz", "readyz"};

std::string_view first_piece(std::string_view path) {
  if (!path.starts_with('/')) return path;
  path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

template <size_t n>
bool among(const std::array<std::string_view, n>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// RFC 9110 §12.5.3: named, and not with q=0.
bool accepts(std::string_view header, std::string_view coding) {
  for (std::string_view item : split(header, ',')) {
    size_t semicolon = std::min(item.find(';'), item.size());
    if (!iequals(trim(item.substr(0, semicolon)), coding)) continue;
    std::string_view weight = trim(item.substr(semicolon));
    if (!weight.empty()) weight = trim(weight.substr(1));
    if (!istarts_with(weight, "q=")) return true;
    return trim(weight.substr(2)).find_first_not_of("0.") != std::string_view::npos;
  }
  return false;
}

// RFC 9110 §13.1.2: weak comparison.
bool matches(std::string_view header, std::string_view etag) {
  for (std::string_view item : split(header, ',')) {
    item = trim(item);
    if (item == "*") return true;
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == etag) return true;
  }
  return false;
}

void add(net::HttpResponse& out, std::string name, std::string_view value) {
  out.headers.push_back({std::move(name), std::string(value)});
}

void put_body(net::HttpResponse& out, const Asset& asset, std::string_view accepted) {
  if (!asset.brotli.empty() && accepts(accepted, "br")) {
    add(out, "Content-Encoding", "br");
    out.body = asset.brotli;
  } else if (!asset.gzip.empty() && accepts(accepted, "gzip")) {
    add(out, "Content-Encoding", "gzip");
    out.body = asset.gzip;
  } else {
    out.body = asset.plain;
  }
}

std::string_view policy_of(const Asset& asset) {
  if (asset.path == kDocument) return kPolicy;
  return asset.path == kPreview ? kPreviewPolicy : kNoPagePolicy;
}

net::HttpResponse absent() {
  net::HttpResponse out;
  out.status = 404;
  add(out, "Content-Type", "text/plain; charset=utf-8");
  add(out, "Cache-Control", "no-store");
  add(out, "X-Content-Type-Options", "nosniff");
  add(out, "Content-Security-Policy", kNoPagePolicy);
  out.body = "There is no such file.\n";
  return out;
}

}  // namespace

const Asset* Console::find(std::string_view path) const {
  auto found = std::ranges::find(assets_, path, &Asset::path);
  return found == assets_.end() ? nullptr : &*found;
}

bool Console::takes(const net::HttpRequest& head) const {
  if (head.method != "GET" && head.method != "HEAD") return false;
  std::string_view first = first_piece(head.path);
  if (among(kOthers, first)) return false;
  if (among(kPages, first) || first == "assets" || find(head.path) != nullptr) return true;
  // Somebody typed it; a program gets the API's words.
  auto accept = head.header("Accept");
  return accept && accept->find("text/html") != std::string_view::npos;
}

net::HttpResponse Console::answer(const net::HttpRequest& request) const {
  const Asset* asset = find(request.path);
  bool named = asset != nullptr && asset->path != kDocument;
  if (!named && request.path.starts_with(kAssets)) return absent();
  if (!named) asset = find(kDocument);
  if (asset == nullptr) return absent();

  net::HttpResponse out;
  bool lasts = named && request.path.starts_with(kAssets);
  bool page = request.path == kDocument || among(kPages, first_piece(request.path));
  out.status = named || page ? 200 : 404;
  add(out, "Cache-Control", lasts ? "public, max-age=31536000, immutable" : "no-cache");
  // RFC 9110 §8.8.1: weak, because it stands for all encodings of the same.
  add(out, "ETag", "W/" + std::string(asset->etag));
  add(out, "Vary", "Accept-Encoding");
  add(out, "X-Content-Type-Options", "nosniff");
  add(out, "Content-Security-Policy", policy_of(*asset));
  if (asset->path == kPreview) add(out, "Referrer-Policy", "no-referrer");
  if (!named) {
    add(out, "X-Frame-Options", "DENY");
    add(out, "Referrer-Policy", "no-referrer");
    add(out, "Cross-Origin-Opener-Policy", "same-origin");
  }
  auto known = request.header("If-None-Match");
  if (out.status == 200 && known && matches(*known, asset->etag)) {
    out.status = 304;
    return out;
  }
  add(out, "Content-Type", asset->type);
  put_body(out, *asset, request.header("Accept-Encoding").value_or(""));
  return out;
}

}  // namespace ph::console
