#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "base/check.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/openssl_error.h"
#include "crypto/signing_key_state.h"

namespace ph::crypto {
namespace {

constexpr size_t kSpkiMost = 2048;     // octets of p=: 4096 bits take about 550
constexpr int kExponentBitsMost = 64;  // a larger one only makes verifying slow

const uint8_t* octets(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

// AlgorithmIdentifier of RSA: rsaEncryption with NULL parameters (RFC 8017 appendix A.1).
constexpr std::string_view kRsaAlgorithm(
    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15);
constexpr char kSequence = 0x30;
constexpr char kBitString = 0x03;

std::string der_of(char tag, const std::string& content) {
  std::string out(1, tag);
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else if (content.size() < 0x100) {
    out += '\x81';
    out += static_cast<char>(content.size());
  } else {
    out += '\x82';
    out += static_cast<char>(content.size() >> 8);
    out += static_cast<char>(content.size());
  }
  return out += content;
}

// SubjectPublicKeyInfo around an RSAPublicKey.
std::string spki_of(const std::string& bare) {
  return der_of(kSequence, std::string(kRsaAlgorithm) + der_of(kBitString, '\0' + bare));
}

std::string bare_der(EVP_PKEY* pkey) {
  uint8_t* der = nullptr;
  int size = i2d_PublicKey(pkey, &der);
  PH_CHECK(size > 0);
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

Result<> check_rsa(EVP_PKEY* pkey) {
  int bits = EVP_PKEY_get_bits(pkey);
  if (bits > static_cast<int>(limits::kDkimKeyBitsMost))
    return fail(Errc::invalid, fmt::format("an RSA key of {} bits; {} are the most", bits,
                                           limits::kDkimKeyBitsMost));
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1)
    return fail_openssl(Errc::invalid, "RSA exponent");
  bool good = BN_is_odd(exponent) && !BN_is_one(exponent) &&
              BN_num_bits(exponent) <= kExponentBitsMost;
  BN_free(exponent);
  if (!good) return fail(Errc::invalid, "an RSA key with an unusable exponent");
  return {};
}

PkeyOwner parse_bare(std::string_view der) {
  const uint8_t* at = octets(der);
  PkeyOwner pkey(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
  return at == octets(der) + der.size() ? std::move(pkey) : nullptr;
}

PkeyOwner parse_spki(std::string_view der) {
  // The usual form is taken apart here: OpenSSL's general decoder takes a hundred times as long.
  size_t bare = der.find(kRsaAlgorithm);
  if (bare != std::string_view::npos && bare <= 4) {
    bare = der.find("\x30", bare + kRsaAlgorithm.size());
    PkeyOwner pkey = bare == std::string_view::npos ? nullptr : parse_bare(der.substr(bare));
    if (pkey && spki_of(std::string(der.substr(bare))) == der) return pkey;
  }
  const uint8_t* at = octets(der);
  PkeyOwner pkey(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  return at == octets(der) + der.size() ? std::move(pkey) : nullptr;
}

}  // namespace

Result<std::shared_ptr<const PublicKey::State>> public_state(PkeyOwner pkey) {
  auto state = std::make_shared<PublicKey::State>();
  if (EVP_PKEY_is_a(pkey.get(), "ED25519")) {
    std::array<uint8_t, kEd25519Bytes> raw{};
    size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(pkey.get(), raw.data(), &size) != 1 || size != raw.size())
      return fail_openssl(Errc::internal, "Ed25519 public key");
    state->kind = KeyKind::ed25519;
    state->bits = kEd25519Bits;
    state->bytes = view(raw);
    return state;
  }
  if (!EVP_PKEY_is_a(pkey.get(), "RSA")) return fail(Errc::invalid, "not an RSA or Ed25519 key");
  TRY(check_rsa(pkey.get()));
  state->kind = KeyKind::rsa;
  state->bits = static_cast<unsigned>(EVP_PKEY_get_bits(pkey.get()));
  state->bytes = bare_der(pkey.get());
  state->pkey = std::move(pkey);
  return state;
}

Result<PublicKey> PublicKey::from_dkim(KeyKind kind, std::string_view bytes) {
  if (bytes.size() > kSpkiMost)
    return fail(Errc::invalid, fmt::format("a key of more than {} octets", kSpkiMost));
  if (kind == KeyKind::ed25519) {
    if (bytes.size() != kEd25519Bytes)
      return fail(Errc::invalid, "an Ed25519 public key has 32 octets");
    auto state = std::make_shared<State>();
    state->kind = kind;
    state->bits = kEd25519Bits;
    state->bytes = bytes;
    return PublicKey(std::move(state));
  }
  OpensslErrorsCleared cleared;
  PkeyOwner pkey = parse_spki(bytes);
  if (!pkey) pkey = parse_bare(bytes);
  if (!pkey) return fail_openssl(Errc::invalid, "not an RSA public key");
  if (!EVP_PKEY_is_a(pkey.get(), "RSA")) return fail(Errc::invalid, "not an RSA public key");
  return PublicKey(TRY(public_state(std::move(pkey))));
}

KeyKind PublicKey::kind() const { return state_->kind; }
unsigned PublicKey::bits() const { return state_->bits; }
std::string PublicKey::dkim_bytes() const {
  return state_->kind == KeyKind::rsa ? spki_of(state_->bytes) : state_->bytes;
}

bool PublicKey::operator==(const PublicKey& other) const {
  return state_->kind == other.state_->kind && state_->bytes == other.state_->bytes;
}

bool PublicKey::verify(const Digest& digest, std::string_view signature) const {
  if (state_->kind == KeyKind::ed25519) {
    ready_sodium();
    return signature.size() == kEd25519Signature &&
           crypto_sign_verify_detached(octets(signature), digest.data(), digest.size(),
                                       octets(state_->bytes)) == 0;
  }
  OpensslErrorsCleared cleared;
  PkeyContextOwner context(EVP_PKEY_CTX_new_from_pkey(nullptr, state_->pkey.get(), nullptr));
  return context && EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
         EVP_PKEY_verify(context.get(), octets(signature), signature.size(), digest.data(),
                         digest.size()) == 1;
}

}  // namespace ph::crypto
