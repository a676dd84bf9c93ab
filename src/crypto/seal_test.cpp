#include "crypto/seal.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.h"

using namespace ph;
using namespace ph::crypto;

namespace {

MasterKey key_of(char c) { return MasterKey::from_bytes(std::string(32, c)).value(); }

struct TemporaryDirectory {
  std::string path = "/tmp/ph-seal-test-XXXXXX";
  TemporaryDirectory() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~TemporaryDirectory() {
    ::unlink((path + "/master.key").c_str());
    ::rmdir(path.c_str());
  }
};

}  // namespace

TEST_CASE("what is sealed opens at its place, with its key, and nowhere else") {
  FakeRandom random(5);
  MasterKey key = key_of('a');
  for (size_t size : {0u, 1u, 15u, 16u, 300u}) {
    std::string plain = random.bytes(size);
    std::string sealed = key.seal(plain, "api_key:7", random);
    CHECK_EQ(key.open(sealed, "api_key:7").value(), plain);
    CHECK_FALSE(key.open(sealed, "api_key:8").has_value());
    CHECK_FALSE(key.open(sealed, "").has_value());
    auto other = key_of('b').open(sealed, "api_key:7");
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().message.find("another master key") != std::string::npos);
  }
}

TEST_CASE("no byte of a sealed value can be changed, and none removed") {
  FakeRandom random(5);
  MasterKey key = key_of('a');
  std::string sealed = key.seal("secret", "t:1", random);
  CHECK(sealed.find("secret") == std::string::npos);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string bad = sealed;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    CHECK_FALSE(key.open(bad, "t:1").has_value());
    CHECK_FALSE(key.open(sealed.substr(0, i), "t:1").has_value());
  }
}

TEST_CASE("sealing twice gives two texts") {
  FakeRandom random(5);
  MasterKey key = key_of('a');
  CHECK_NE(key.seal("secret", "t:1", random), key.seal("secret", "t:1", random));
}

TEST_CASE("derived keys differ by purpose and by master key") {
  CHECK_NE(key_of('a').derive("session"), key_of('a').derive("return-path"));
  CHECK_NE(key_of('a').derive("session"), key_of('b').derive("session"));
  CHECK_EQ(key_of('a').derive("session").size(), 32);
}

TEST_CASE("the master key is made once, with mode 0600, and then read") {
  TemporaryDirectory directory;
  MasterKey made = MasterKey::load_or_create(directory.path, system_random()).value();
  struct stat st{};
  REQUIRE_EQ(::stat((directory.path + "/master.key").c_str(), &st), 0);
  CHECK_EQ(st.st_mode & 07777, 0600);
  std::string sealed = made.seal("secret", "t:1", system_random());
  MasterKey again = MasterKey::load_or_create(directory.path, system_random()).value();
  CHECK_EQ(again.open(sealed, "t:1").value(), "secret");
  CHECK_EQ(MasterKey::load(directory.path + "/master.key").value().id(), made.id());
}

TEST_CASE("a key file that others can read, or that holds no key, is refused") {
  TemporaryDirectory directory;
  std::string path = directory.path + "/master.key";
  REQUIRE(MasterKey::load_or_create(directory.path, system_random()).has_value());
  REQUIRE_EQ(::chmod(path.c_str(), 0644), 0);
  auto open = MasterKey::load_or_create(directory.path, system_random());
  REQUIRE_FALSE(open.has_value());
  CHECK(open.error().code == Errc::denied);
  CHECK_FALSE(MasterKey::load(path).has_value());
  for (const char* bad :
       {"", "posthouse-master-key-1 ", "posthouse-master-key-1 AAAA\n",
        "posthouse-master-key-2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"}) {
    REQUIRE(write_file_durably(path, bad).has_value());
    auto read = MasterKey::load_or_create(directory.path, system_random());
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Errc::corrupt);
  }
  CHECK_FALSE(MasterKey::load("/nonexistent/master.key").has_value());
}
