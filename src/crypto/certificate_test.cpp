#include "crypto/certificate.h"

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/openssl_handles.h"

using namespace ph;
using namespace ph::crypto;

namespace {

CertificateOwner read(const std::string& pem) {
  BioOwner bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return CertificateOwner(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

}  // namespace

TEST_CASE("a self-signed certificate names its hosts and addresses and signs itself") {
  auto files = self_signed_certificate({.names = {"mx.example.org", "*.example.net", "192.0.2.1",
                                                  "2001:db8::1"},
                                        .not_before = WallTime::from_seconds(1'700'000'000)});
  REQUIRE(files.has_value());
  CertificateOwner certificate = read(files->certificate_pem);
  REQUIRE(certificate);
  BioOwner bio(BIO_new_mem_buf(files->key_pem.data(), static_cast<int>(files->key_pem.size())));
  PkeyOwner key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  REQUIRE(key);
  CHECK_EQ(X509_check_private_key(certificate.get(), key.get()), 1);
  CHECK_EQ(X509_verify(certificate.get(), key.get()), 1);
  for (const char* host : {"mx.example.org", "a.example.net"})
    CHECK_EQ(X509_check_host(certificate.get(), host, 0, 0, nullptr), 1);
  CHECK_EQ(X509_check_host(certificate.get(), "other.example.org", 0, 0, nullptr), 0);
  for (const char* ip : {"192.0.2.1", "2001:db8::1"})
    CHECK_EQ(X509_check_ip_asc(certificate.get(), ip, 0), 1);
  time_t inside = 1'700'000'001;
  time_t before = 1'699'999'999;
  CHECK_LT(X509_cmp_time(X509_get0_notBefore(certificate.get()), &inside), 0);
  CHECK_GT(X509_cmp_time(X509_get0_notBefore(certificate.get()), &before), 0);
  CHECK_GT(X509_cmp_time(X509_get0_notAfter(certificate.get()), &inside), 0);
}

TEST_CASE("a name with another meaning in the extension's syntax is refused") {
  for (const std::string& bad : {std::string("a.example,IP:192.0.2.1"), std::string("a b"),
                                 std::string("dirName:x"), std::string(""), std::string("a\nb"),
                                 std::string(300, 'a')})
    CHECK_FALSE(self_signed_certificate({.names = {bad}, .not_before = {}}).has_value());
  CHECK_FALSE(self_signed_certificate({.names = {}, .not_before = {}}).has_value());
}

TEST_CASE("a name longer than a common name may be is still in the certificate") {
  std::string name = std::string(60, 'a') + ".example.org";
  auto files = self_signed_certificate({.names = {name}, .not_before = {}});
  REQUIRE(files.has_value());
  CHECK_EQ(X509_check_host(read(files->certificate_pem).get(), name.c_str(), 0, 0, nullptr), 1);
}
