// What a disk that loses what was not synced may lose, and what it never loses.
#include "base/simulated_disk.h"

#include <doctest/doctest.h>

#include <set>

using namespace ph;

namespace {

std::string read(SimulatedDisk& disk, const std::string& path) {
  auto file = disk.open(path, OpenMode::read);
  if (!file) return "none";
  return (*file)->read_at(0, 1 << 20).value();
}

// What is left of what `make` does, over many seeds.
template <class Make>
std::set<std::string> left_after_cuts(Make make) {
  std::set<std::string> out;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SimulatedDisk disk(seed);
    disk.load({{"/d/", ""}, {"/d/f", "synced"}});
    make(disk);
    disk.cut_power();
    out.insert(read(disk, "/d/f"));
  }
  return out;
}

std::unique_ptr<File> opened(SimulatedDisk& disk) {
  return std::move(*disk.open("/d/f", OpenMode::read_write));
}

}  // namespace

TEST_CASE("of two writes to a sector a cut leaves none, the first, or both") {
  auto left = left_after_cuts([](SimulatedDisk& disk) {
    auto file = opened(disk);
    file->write_at(0, "ONE").value();
    file->write_at(3, "TWO").value();
  });
  CHECK(left == std::set<std::string>{"synced", "ONEced", "ONETWO"});
}

TEST_CASE("sectors of one write are lost or kept each for itself") {
  auto left = left_after_cuts([](SimulatedDisk& disk) {
    auto file = opened(disk);
    file->write_at(0, std::string(1024, 'a')).value();
    file->sync().value();
    file->write_at(0, std::string(1024, 'b')).value();
  });
  std::string a(512, 'a');
  std::string b(512, 'b');
  CHECK(left == std::set<std::string>{a + a, a + b, b + a, b + b});
}

TEST_CASE("what was synced stays") {
  auto left = left_after_cuts([](SimulatedDisk& disk) {
    auto file = opened(disk);
    file->write_at(0, "longer than before").value();
    file->sync().value();
  });
  CHECK(left == std::set<std::string>{"longer than before"});
}

TEST_CASE("a size is what it was, or what it became") {
  auto left = left_after_cuts([](SimulatedDisk& disk) {
    auto file = opened(disk);
    file->truncate(2).value();
    file->preallocate(4).value();
  });
  std::string zeros("sy\0\0", 4);
  CHECK(left == std::set<std::string>{"synced", "sy", zeros});
}

TEST_CASE("names are sure when their directory is synced, in their order") {
  auto left = left_after_cuts([](SimulatedDisk& disk) {
    disk.rename("/d/f", "/d/g").value();
    auto made = disk.open("/d/f", OpenMode::create_new).value();
    made->write_at(0, "new").value();
    made->sync().value();
  });
  CHECK(left == std::set<std::string>{"synced", "none", "new"});
  left = left_after_cuts([](SimulatedDisk& disk) {
    disk.remove("/d/f").value();
    disk.sync_directory("/d/").value();
  });
  CHECK(left == std::set<std::string>{"none"});
}

TEST_CASE("a file in a directory whose own name was never synced is gone with it") {
  std::set<std::string> left;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedDisk disk(seed);
    disk.load({{"/d/", ""}});
    disk.make_directory("/d/sub").value();
    auto made = disk.open("/d/sub/f", OpenMode::create_new).value();
    made->write_at(0, "x").value();
    made->sync().value();
    disk.sync_directory("/d/sub").value();
    disk.cut_power();
    left.insert(read(disk, "/d/sub/f"));
  }
  CHECK(left == std::set<std::string>{"none", "x"});
}

TEST_CASE("pages of a sync that failed are not written by the next one") {
  auto left = left_after_cuts([](SimulatedDisk& disk) {
    auto file = opened(disk);
    file->write_at(0, "FIRST!").value();
    disk.set_faults({.sync_in = 0});
    CHECK_FALSE(file->sync().has_value());
    CHECK(file->sync().has_value());
    CHECK_EQ(read(disk, "/d/f"), "FIRST!");
  });
  CHECK(left == std::set<std::string>{"synced", "FIRST!"});
}

TEST_CASE("who wants to know is told of a failed sync that took something with it") {
  SimulatedDisk disk(1);
  disk.load({{"/d/", ""}, {"/d/f", "synced"}});
  std::vector<std::string> lost;
  disk.on_lost = [&](const std::string& path) { lost.push_back(path); };
  auto file = opened(disk);
  auto fail_once = [&](auto sync) {
    disk.set_faults({.sync_in = 0});
    CHECK_FALSE(sync().has_value());
  };
  fail_once([&] { return file->sync(); });  // nothing was to be written
  fail_once([&] { return disk.sync_directory("/d"); });
  CHECK(lost.empty());
  file->write_at(0, "FIRST!").value();
  fail_once([&] { return file->sync(); });
  disk.rename("/d/f", "/d/g").value();
  fail_once([&] { return disk.sync_directory("/d"); });
  CHECK(lost == std::vector<std::string>{"/d/f", "/d"});
}

TEST_CASE("room that nobody is told of ends all the same") {
  for (bool told : {true, false}) {
    SimulatedDisk disk(1);
    disk.load({{"/d/", ""}, {"/d/f", "synced"}});
    disk.set_faults({.room = 10, .room_told = told});
    CHECK_EQ(disk.free_bytes("/d").value() == 10, told);
    auto file = opened(disk);
    CHECK(file->write_at(0, std::string(16, 'x')).has_value());
    CHECK_FALSE(file->write_at(16, "x").has_value());
  }
}

TEST_CASE("a disk that is off changes nothing and says so") {
  SimulatedDisk disk(1);
  disk.load({{"/d/", ""}, {"/d/f", "synced"}});
  auto file = opened(disk);
  int changes = 0;
  disk.on_change = [&](const char*) { ++changes; };
  disk.switch_off();
  CHECK_FALSE(file->write_at(0, "x").has_value());
  CHECK_FALSE(file->sync().has_value());
  CHECK_FALSE(disk.remove("/d/f").has_value());
  CHECK_EQ(changes, 0);
  disk.switch_on();
  CHECK_EQ(read(disk, "/d/f"), "synced");
  CHECK(file->write_at(0, "x").has_value());
  CHECK_EQ(changes, 2);
}
