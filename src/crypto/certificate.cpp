#include "crypto/certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/ip.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_handles.h"

namespace ph::crypto {
namespace {

constexpr size_t kSubjectNameMost = 64;  // RFC 5280 appendix A.1, ub-common-name
constexpr size_t kSerialBytes = 16;     // RFC 5280 §4.1.2.2: 20 at most

// A host name without anything that has a meaning in OpenSSL's extension syntax.
bool is_host(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > limits::kDomain) return false;
  for (char c : name)
    if (!is_alnum(c) && c != '-' && c != '.' && c != '_') return false;
  return true;
}

Result<std::string> alternative_names(const std::vector<std::string>& names) {
  if (names.empty()) return fail(Errc::invalid, "a certificate needs a name", "names");
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ',';
    if (IpAddress::parse(name)) {
      out += "IP:" + name;
    } else if (is_host(name)) {
      out += "DNS:" + name;
    } else {
      return fail(Errc::invalid, "not a host name or IP address", "names");
    }
  }
  return out;
}

bool add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  bool good = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return good;
}

bool set_serial(X509* certificate) {
  std::string bytes = system_random().bytes(kSerialBytes);
  bytes[0] = static_cast<char>(bytes[0] & 0x7f);
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const uint8_t*>(bytes.data()),
                             static_cast<int>(bytes.size()), nullptr);
  bool good = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return good;
}

bool set_subject(X509* certificate, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  std::string subject_name = name.size() <= kSubjectNameMost ? name : "posthouse";
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                    reinterpret_cast<const uint8_t*>(subject_name.c_str()), -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

bool fill(X509* certificate, const CertificateRequest& request, const std::string& names) {
  WallTime end = request.not_before + request.valid_for;
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), request.not_before.seconds()) &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), end.seconds()) &&
         set_subject(certificate, request.names[0]) &&
         add_extension(certificate, NID_subject_alt_name, names.c_str()) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth");
}

}  // namespace

Result<CertificateFiles> self_signed_certificate(const CertificateRequest& request) {
  std::string names = TRY(alternative_names(request.names));
  PkeyOwner key(EVP_EC_gen("P-256"));
  CertificateOwner certificate(X509_new());
  bool good = key && certificate && X509_set_pubkey(certificate.get(), key.get()) == 1 &&
              fill(certificate.get(), request, names) &&
              X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0;
  if (!good) return fail_openssl(Errc::internal, "make a certificate");
  BioOwner certificate_pem(BIO_new(BIO_s_mem()));
  BioOwner key_pem(BIO_new(BIO_s_mem()));
  good = PEM_write_bio_X509(certificate_pem.get(), certificate.get()) == 1 &&
         PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                       nullptr) == 1;
  if (!good) return fail_openssl(Errc::internal, "print a certificate");
  return CertificateFiles{bio_text(certificate_pem.get()), bio_text(key_pem.get())};
}

}  // namespace ph::crypto
