// Purpose: the door that answers clients of Tencent Cloud SES, API version 2020-10-02: signatures,
//   parameters, actions and errors as that service has them, from one table of actions.
// Shapes: POST / with JSON and X-TC-Action, GET / with flattened parameters, POST / with a form and
//   a signature of version 1. Every answer is HTTP 200 and exactly application/json:
//   {"Response":{…,"RequestId"}} or {"Response":{"Error":{"Code","Message"},"RequestId"}}.
//   The region is judged against a list and changes nothing: what an account has is in every
//   region; clients that name none are served.
// Threads: handle() on any loop.
// Not here: rules (core/), signatures (httpauth/), HTTP itself (net/http.h).
#pragma once

#include <string>
#include <vector>

#include "api/tencent/code.h"
#include "core/account.h"
#include "core/address.h"
#include "core/domain.h"
#include "core/key.h"
#include "core/send.h"
#include "net/http.h"

namespace ph::tencent {

struct TencentOptions {
  std::vector<std::string> regions;
  Language language = Language::chinese;  // of who asks for none
};

struct TencentServices {
  core::Context& context;
  core::Accounts& accounts;
  core::Keys& keys;
  core::Domains& domains;
  core::Addresses& addresses;
  core::Sender& sender;
  TencentOptions options;
};

class TencentApi {
 public:
  explicit TencentApi(TencentServices services) : services_(std::move(services)) {}
  net::Task<net::HttpResponse> handle(net::HttpRequest request);

  // Whether a request to a listener that other doors share is for this one.
  static bool takes(const net::HttpRequest& head);
  static size_t body_most(const net::HttpRequest& head);

 private:
  TencentServices services_;
};

}  // namespace ph::tencent
