// Purpose: a real PostgreSQL for contract tests: one server for the test binary, on a unix socket
//   in a directory of its own, a fresh database for each test; and the loop over both engines.
// Shapes: when the tests run as root the server runs as `postgres` or `nobody`, and dies with them.
//   POSTHOUSE_POSTGRES_BIN names its programs. With POSTHOUSE_NO_POSTGRES set, or without
//   programs, PostgreSQL is skipped, and said so.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "sql/connection.h"

namespace ph::sql_test {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "posthouse-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class PostgresServer {
 public:
  // Null when it is to be skipped.
  static PostgresServer* get() {
    static std::unique_ptr<PostgresServer> server = start();
    return server.get();
  }

  ~PostgresServer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGQUIT);
    ::waitpid(pid_, nullptr, 0);
    drain_.join();
  }

  std::string fresh_database() {
    std::string name = fmt::format("t{}_{}", ::getpid(), ++databases_);
    auto admin = sql::connect({.url = url("postgres")});
    REQUIRE_MESSAGE(admin.has_value(), (admin ? "" : admin.error().message));
    auto made = (*admin)->script("CREATE DATABASE " + name);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
    return url(name);
  }

  std::string url(const std::string& database) const {
    return fmt::format("postgresql:///{}?host={}&user=posthouse", database, directory_.path());
  }

 private:
  static std::unique_ptr<PostgresServer> start() {
    // The runner names the unpacked programs; by hand the installed ones serve.
    const char* named = std::getenv("POSTHOUSE_POSTGRES_BIN");
    std::string bin = named != nullptr ? named : "";
    for (const char* version : {"15", "16", "17", "14", "13"}) {
      std::string at = fmt::format("/usr/lib/postgresql/{}/bin", version);
      if (bin.empty() && ::access((at + "/postgres").c_str(), X_OK) == 0) bin = at;
    }
    if (std::getenv("POSTHOUSE_NO_POSTGRES") != nullptr || bin.empty()) {
      std::puts("SKIPPED: PostgreSQL (POSTHOUSE_NO_POSTGRES is set or it is not installed)");
      return nullptr;
    }
    std::unique_ptr<PostgresServer> server(new PostgresServer);
    REQUIRE(server->run(bin));
    return server;
  }

  bool run(const std::string& bin) {
    const std::string& dir = directory_.path();
    const passwd* user = nullptr;  // it refuses to run as root
    for (const char* name : {"postgres", "nobody"})
      if (::geteuid() == 0 && user == nullptr) user = ::getpwnam(name);
    if (::geteuid() == 0 && user == nullptr) return false;
    if (user != nullptr && ::chown(dir.c_str(), user->pw_uid, user->pw_gid) != 0) return false;
    if (user != nullptr) uid_ = user->pw_uid, gid_ = user->pw_gid;
    int status = -1;
    pid_t initdb = spawn({bin + "/initdb", "-D", dir + "/data", "-U", "posthouse", "-A", "trust",
                          "-E", "UTF8", "--locale=C", "--no-sync"});
    if (::waitpid(initdb, &status, 0) != initdb || status != 0) return false;
    ::close(output_);
    pid_ = spawn({bin + "/postgres", "-D", dir + "/data", "-k", dir, "-h", "", "-F", "-c",
                  "max_connections=60", "-c", "shared_buffers=16MB"});
    return wait_until_ready();
  }

  // Its output comes through output_.
  pid_t spawn(std::vector<std::string> words) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t parent = ::getpid();
    pid_t child = ::fork();
    if (child == 0) {
      ::dup2(ends[1], 1);
      ::dup2(ends[1], 2);
      if (uid_ != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(gid_) != 0 || ::setuid(uid_) != 0))
        ::_exit(126);
      ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
      if (::getppid() != parent || ::chdir(directory_.path().c_str()) != 0) ::_exit(126);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
    return child;
  }

  bool wait_until_ready() {
    std::string seen;
    char buffer[4096];
    while (seen.find("ready to accept connections") == std::string::npos) {
      ssize_t n = ::read(output_, buffer, sizeof buffer);
      if (n <= 0) return std::fprintf(stderr, "%s\n", seen.c_str()), false;
      seen.append(buffer, static_cast<size_t>(n));
    }
    drain_ = std::thread([fd = output_] {
      char rest[4096];
      while (::read(fd, rest, sizeof rest) > 0) {
      }
      ::close(fd);
    });
    return true;
  }

  TemporaryDirectory directory_;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  pid_t pid_ = -1;
  int output_ = -1;
  std::thread drain_;
  int databases_ = 0;
};

// A database of one engine that goes with the object.
struct Database {
  explicit Database(sql::Engine which) : engine(which) {
    url = which == sql::Engine::sqlite ? "sqlite:" + directory.path() + "/test.db"
                                       : PostgresServer::get()->fresh_database();
  }
  std::unique_ptr<sql::Connection> connect(sql::Access access = sql::Access::write) const {
    auto connection = sql::connect({.url = url, .access = access});
    REQUIRE_MESSAGE(connection.has_value(), (connection ? "" : connection.error().message));
    return std::move(*connection);
  }
  sql::Engine engine;
  TemporaryDirectory directory;
  std::string url;
};

// The same test over both engines.
template <class Test>
void each_engine(Test test) {
  for (sql::Engine engine : {sql::Engine::sqlite, sql::Engine::postgresql}) {
    if (engine == sql::Engine::postgresql && PostgresServer::get() == nullptr) continue;
    INFO("engine: ", (engine == sql::Engine::sqlite ? "SQLite" : "PostgreSQL"));
    test(engine);
  }
}

}  // namespace ph::sql_test
