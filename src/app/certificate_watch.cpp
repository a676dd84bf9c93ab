#include "app/certificate_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/log.h"
#include "crypto/certificate.h"

namespace ph::app {
namespace {

constexpr size_t kPemBytes = 1u << 20;
constexpr Duration kLook = std::chrono::seconds(10);

net::Task<> renew(CertificateFiles files, std::string (*stamp)(const CertificateFiles&),
                  std::shared_ptr<net::TlsServerContext> context) {
  std::string known = stamp(files);
  while (true) {
    co_await net::sleep_for(kLook);
    std::string now = stamp(files);
    if (now == known) continue;
    known = now;
    auto chain = read_file(files.certificate, kPemBytes);
    auto key = read_file(files.key, kPemBytes);
    auto done = chain && key ? context->replace(*chain, *key)
                             : std::unexpected(chain ? key.error() : chain.error());
    if (done) {
      log::info("certificate renewed", {{"file", files.certificate}});
    } else {
      log::error("the new certificate is not used", {{"file", files.certificate},
                                                     {"why", done.error().message}});
    }
  }
}

std::string stamp_of(const CertificateFiles& files) {
  std::string out;
  for (const std::string* path : {&files.certificate, &files.key}) {
    struct stat st{};
    if (::stat(path->c_str(), &st) == 0)
      out += fmt::format("{}:{}.{}:{} ", st.st_ino, st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                         st.st_size);
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<CertificateWatch>> CertificateWatch::open(CertificateFiles files) {
  auto out = std::unique_ptr<CertificateWatch>(new CertificateWatch(std::move(files)));
  std::string chain, key;
  if (out->files_.certificate.empty()) {
    auto made = TRY(crypto::self_signed_certificate(
        {.names = {out->files_.host, "localhost", "127.0.0.1"},
         .not_before = system_clock().wall() - std::chrono::hours(1)}));
    chain = made.certificate_pem;
    key = made.key_pem;
  } else {
    chain = TRY(read_file(out->files_.certificate, kPemBytes));
    key = TRY(read_file(out->files_.key, kPemBytes));
  }
  out->context_ = TRY(net::TlsServerContext::from_pem(chain, key));
  return out;
}

void CertificateWatch::watch(net::Loop& loop) {
  if (!files_.certificate.empty()) loop.spawn(renew(files_, stamp_of, context_));
}

}  // namespace ph::app
