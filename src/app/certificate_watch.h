// Purpose: the TLS certificate of the listeners, and its renewal without a restart.
// Shapes: files are looked at every ten seconds; when one of them changed, both are read as a pair.
// Threads: watch() before the loop runs; context() any.
#pragma once

#include <memory>
#include <string>

#include "net/loop.h"
#include "net/tls.h"

namespace ph::app {

struct CertificateFiles {
  std::string certificate, key;  // paths; empty: self-signed
  std::string host;              // the name in a self-signed one
};

class CertificateWatch {
 public:
  static Result<std::unique_ptr<CertificateWatch>> open(CertificateFiles files);
  std::shared_ptr<net::TlsServerContext> context() const { return context_; }
  void watch(net::Loop& loop);

 private:
  explicit CertificateWatch(CertificateFiles files) : files_(std::move(files)) {}

  CertificateFiles files_;
  std::shared_ptr<net::TlsServerContext> context_;
};

}  // namespace ph::app
