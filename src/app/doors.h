// Purpose: every listener of the server, opened together and stopped together; TLS certificates.
// Shapes: tls.certificate and tls.key are read again when they change; a pair that does not fit is
//   logged and the old one stays. Without them: self-signed, made at each start.
// Errors: the first endpoint that cannot be opened, by its name.
// Threads: the main thread; drained() a loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/rest/rest_api.h"
#include "api/tencent/tencent_api.h"
#include "app/certificate_watch.h"
#include "app/loops.h"
#include "app/services.h"
#include "console/console.h"
#include "control/control_door.h"
#include "net/http.h"
#include "smtpd/inbound.h"
#include "smtpd/relay.h"
#include "smtpd/submission.h"

namespace ph::app {

// Where a newcomer finds what, for the first start's words.
struct DoorAddresses {
  std::string http, submission, submission_tls;
  std::string console;  // "https://192.0.2.1:8443", without TLS only where no door has it
};

class Doors {
 public:
  static Result<std::unique_ptr<Doors>> open(Services& services, Loops& loops);
  DoorAddresses addresses() const;
  core::Setup& setup() { return setup_; }
  void stop();
  // After stop(): true when every session and request that was under way has ended.
  net::Task<bool> drained(Deadline deadline) const;

 private:
  Doors(Services& services, Loops& loops) : services_(services), loops_(loops) {}
  Result<> open_http();
  void make_http_doors();
  struct HttpListener {
    const std::vector<Endpoint>& at;
    std::shared_ptr<net::TlsServerContext> tls;
    net::HttpHandler handler;
    net::HttpBodyMost body_most;
  };
  Result<> listen_http(HttpListener listener);
  Result<> open_smtp();
  std::string console_url() const;

  Services& services_;
  Loops& loops_;
  std::unique_ptr<CertificateWatch> certificate_;
  feedback::Reports reports_{services_.context()};
  core::Setup setup_{services_.context(), services_.users(), services_.accounts()};
  core::EventFeed feed_{services_.context()};
  std::unique_ptr<rest::RestApi> rest_;
  std::unique_ptr<tencent::TencentApi> tencent_;  // null: not enabled
  console::Console console_{console::embedded_assets()};
  std::vector<std::unique_ptr<net::HttpServer>> http_;
  std::unique_ptr<smtpd::Submission> submission_;
  std::unique_ptr<smtpd::Relay> relay_;
  std::unique_ptr<smtpd::Inbound> inbound_;
  std::unique_ptr<control::ControlDoor> control_;
};

}  // namespace ph::app
