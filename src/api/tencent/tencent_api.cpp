#include "api/tencent/tencent_api.h"

#include "api/tencent/gateway.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/text.h"

namespace ph::tencent {
namespace {

using json::Value;

// RFC 9562 §5.4: a random UUID.
std::string new_request_id(Random& random) {
  std::string bytes = random.bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string hex = hex_encode(bytes);
  for (size_t dash : {8u, 13u, 18u, 23u}) hex.insert(dash, "-");
  return hex;
}

net::HttpResponse response_of(Value inner, const std::string& request_id) {
  inner.set("RequestId", request_id);
  net::HttpResponse out;
  // Exactly this: one SDK takes an error with any other type for a success.
  out.headers.push_back({"Content-Type", "application/json"});
  out.headers.push_back({"Cache-Control", "no-store"});
  out.body = json::serialize(Value::object({{"Response", std::move(inner)}}));
  return out;
}

Value error_of(const Fault& fault, Language language) {
  return Value::object(
      {{"Error", Value::object({{"Code", wire_code(fault.code)},
                                {"Message", message_of(fault.code, language, fault.parameter)}})}});
}

net::Task<Reply> answer(const TencentServices& services, const net::HttpRequest& request,
                        Language& language) {
  Call call = CO_TRY(co_await judge_request(services, request, language));
  co_return co_await call.action.run(call);
}

}  // namespace

net::Task<net::HttpResponse> TencentApi::handle(net::HttpRequest request) {
  std::string request_id = new_request_id(services_.context.random);
  Language language = services_.options.language;
  Reply reply = co_await answer(services_, request, language);
  if (reply) co_return response_of(std::move(*reply), request_id);
  log::info("tencent: refused", {{"request", request_id},
                                 {"code", wire_code(reply.error().code)},
                                 {"client", request.peer.address.text()}});
  co_return response_of(error_of(reply.error(), language), request_id);
}

bool TencentApi::takes(const net::HttpRequest& head) {
  if (head.path != "/") return false;
  if (head.header("X-TC-Action")) return true;
  if (head.method == "POST") return true;
  return ("&" + head.query).contains("&Action=");
}

size_t TencentApi::body_most(const net::HttpRequest& head) {
  // Twice what is served is read, so that what is too large is told in this door's own form.
  bool signed_head = head.header("Authorization").has_value();
  return 2 * (signed_head ? limits::kTencentBody : limits::kTencentForm);
}

}  // namespace ph::tencent
