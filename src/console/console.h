// Purpose: the console's pages: files that the program carries, with what browsers must be told.
// Shapes: /assets/NAME has a hash of its content in its name and never changes; every page is the
//   same document, which asks the API for the rest. Encodings: br, gzip, identity.
// Errors: an asset that is not there is 404 text; a page that is not there the document with 404.
// Threads: any; nothing changes after construction.
// Spec: RFC 9110 §8.8.3 and §12.5.3 and §13.1.2; Content Security Policy Level 3.
// Not here: what a page shows (web/), data (api/rest).
#pragma once

#include <span>
#include <string_view>

#include "net/http.h"

namespace ph::console {

struct Asset {
  std::string_view path;  // "/assets/index-4f3a.js"; the document is "/index.html"
  std::string_view type;
  std::string_view etag;                 // with quotes, of the plain bytes
  std::string_view plain, gzip, brotli;  // encodings that save nothing are empty
};

// What was built from web/, sorted by path.
std::span<const Asset> embedded_assets();

class Console {
 public:
  explicit Console(std::span<const Asset> assets) : assets_(assets) {}
  // A GET or HEAD of an asset or page, or of what a person may have typed: never of an API's path.
  bool takes(const net::HttpRequest& head) const;
  net::HttpResponse answer(const net::HttpRequest& request) const;

 private:
  const Asset* find(std::string_view path) const;
  std::span<const Asset> assets_;
};

}  // namespace ph::console
