#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <cstring>

#include "base/check.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/openssl_error.h"
#include "crypto/signing_key_state.h"

namespace ph::crypto {
namespace {

constexpr size_t kPrivateMost = 16384;  // octets of PEM: 4096 bits take 3300
constexpr size_t kSignatureMost = limits::kDkimKeyBitsMost / 8;

Result<PkeyOwner> generate_rsa(unsigned bits) {
  PkeyOwner pkey(EVP_RSA_gen(bits));
  if (!pkey) return fail_openssl(Errc::internal, "make an RSA key");
  return pkey;
}

Result<PkeyContextOwner> signing_context(EVP_PKEY* pkey) {
  PkeyContextOwner context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  bool good = context && EVP_PKEY_sign_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1;
  if (!good) return fail_openssl(Errc::internal, "prepare a signature");
  return context;
}

// A callback that gives no pass phrase: OpenSSL's own would ask on the terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

}  // namespace

PrivateKey::State::~State() { sodium_memzero(ed25519.data(), ed25519.size()); }

Result<PrivateKey> PrivateKey::from_pkey(void* owned) {
  PkeyOwner pkey(static_cast<EVP_PKEY*>(owned));
  auto state = std::make_shared<State>();
  if (EVP_PKEY_is_a(pkey.get(), "ED25519")) {
    ready_sodium();
    std::array<uint8_t, kEd25519Bytes> seed{}, unused{};
    size_t size = seed.size();
    if (EVP_PKEY_get_raw_private_key(pkey.get(), seed.data(), &size) != 1 || size != seed.size())
      return fail_openssl(Errc::invalid, "Ed25519 private key");
    crypto_sign_seed_keypair(unused.data(), state->ed25519.data(), seed.data());
    sodium_memzero(seed.data(), seed.size());
    state->kind = KeyKind::ed25519;
    state->bits = kEd25519Bits;
  } else if (EVP_PKEY_is_a(pkey.get(), "RSA")) {
    EVP_PKEY_up_ref(pkey.get());
    auto open = TRY(public_state(PkeyOwner(pkey.get())));  // the same bounds as for public keys
    state->kind = KeyKind::rsa;
    state->bits = open->bits;
  } else {
    return fail(Errc::invalid, "not an RSA or Ed25519 key");
  }
  state->pkey = std::move(pkey);
  PrivateKey key(std::move(state));
  TRY(key.prove());
  return key;
}

// A signature that the public half verifies shows that the parts belong together. OpenSSL's own
// check also tests the primes, which takes 50 ms.
Result<> PrivateKey::prove() const {
  Digest digest = sha256("proof");
  auto signature = sign(digest);
  if (!signature || !public_key().verify(digest, *signature))
    return fail(Errc::invalid, "the private key's parts do not fit together");
  return {};
}

Result<PrivateKey> PrivateKey::generate(NewKey what) {
  switch (what) {
    case NewKey::rsa_1024:
      return from_pkey(TRY(generate_rsa(1024)).release());
    case NewKey::rsa_2048:
      return from_pkey(TRY(generate_rsa(2048)).release());
    case NewKey::ed25519: {
      PkeyOwner pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      if (!pkey) return fail_openssl(Errc::internal, "make an Ed25519 key");
      return from_pkey(pkey.release());
    }
  }
  return fail(Errc::internal, "no such kind of key");
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  if (pem.size() > kPrivateMost) return fail(Errc::invalid, "too long for a private key");
  OpensslErrorsCleared cleared;
  BioOwner bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  PkeyOwner pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!pkey) return fail_openssl(Errc::invalid, "not an unencrypted private key in PEM");
  return from_pkey(pkey.release());
}

Result<PrivateKey> PrivateKey::from_der(std::string_view der) {
  if (der.size() > kPrivateMost) return fail(Errc::invalid, "too long for a private key");
  OpensslErrorsCleared cleared;
  const auto* at = reinterpret_cast<const uint8_t*>(der.data());
  PkeyOwner pkey(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  if (!pkey) return fail_openssl(Errc::invalid, "not a private key in DER");
  return from_pkey(pkey.release());
}

Result<PrivateKey> PrivateKey::from_ed25519_seed(std::string_view seed) {
  if (seed.size() != kEd25519Bytes)
    return fail(Errc::invalid, "an Ed25519 private key has 32 octets");
  PkeyOwner pkey(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                              reinterpret_cast<const uint8_t*>(seed.data()),
                                              seed.size()));
  if (!pkey) return fail_openssl(Errc::internal, "Ed25519 private key");
  return from_pkey(pkey.release());
}

KeyKind PrivateKey::kind() const { return state_->kind; }
unsigned PrivateKey::bits() const { return state_->bits; }

std::string PrivateKey::to_pem() const {
  BioOwner bio(BIO_new(BIO_s_mem()));
  PH_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->pkey.get(), nullptr, nullptr, 0,
                                         nullptr, nullptr) == 1);
  return bio_text(bio.get());
}

std::string PrivateKey::to_der() const {
  BioOwner bio(BIO_new(BIO_s_mem()));
  PH_CHECK(i2d_PKCS8PrivateKey_bio(bio.get(), state_->pkey.get(), nullptr, nullptr, 0, nullptr,
                                   nullptr) == 1);
  return bio_text(bio.get());
}

PublicKey PrivateKey::public_key() const {
  EVP_PKEY_up_ref(state_->pkey.get());
  auto state = public_state(PkeyOwner(state_->pkey.get()));
  PH_CHECK(state.has_value());  // from_pkey held it to the same bounds
  return PublicKey(std::move(*state));
}

std::string PrivateKey::public_base64() const { return base64_encode(public_key().dkim_bytes()); }

Result<std::string> PrivateKey::sign(const Digest& digest) const {
  if (state_->kind == KeyKind::ed25519) {
    std::string out(kEd25519Signature, '\0');
    crypto_sign_detached(reinterpret_cast<uint8_t*>(out.data()), nullptr, digest.data(),
                         digest.size(), state_->ed25519.data());
    return out;
  }
  PkeyContextOwner context;
  {
    std::lock_guard lock(state_->mutex);
    if (!state_->idle.empty()) {
      context = std::move(state_->idle.back());
      state_->idle.pop_back();
    }
  }
  if (!context) context = TRY(signing_context(state_->pkey.get()));
  std::array<uint8_t, kSignatureMost> out;
  size_t size = out.size();
  if (EVP_PKEY_sign(context.get(), out.data(), &size, digest.data(), digest.size()) != 1)
    return fail_openssl(Errc::internal, "RSA signature");
  {
    std::lock_guard lock(state_->mutex);
    state_->idle.push_back(std::move(context));
  }
  return std::string(reinterpret_cast<const char*>(out.data()), size);
}

}  // namespace ph::crypto
