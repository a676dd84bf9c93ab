#include "queue/open_deliveries.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/files.h"
#include "base/id_source.h"
#include "store/crc32c.h"

namespace ph::queue {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

constexpr std::string_view kMagic = "PHOPEN01";
constexpr size_t kHeaderCrcAt = 12;
constexpr size_t kCopiesAt = 16;
constexpr size_t kSlotCrcAt = 20;
constexpr size_t kFileMost = (limits::kOpenDeliveriesMost + 1) * kOpenSlot;

template <class T>
T load(const char* from) {
  T out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

uint32_t slot_crc(std::string_view fields, OpenSlot slot) {
  std::string covered(fields);
  append(covered, slot);
  return store::crc32c(covered);
}

std::atomic_ref<int64_t> word_at(char* place) {
  return std::atomic_ref<int64_t>(*reinterpret_cast<int64_t*>(place));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string encode_open_header(uint32_t slots) {
  std::string out(kMagic);
  append(out, slots);
  append(out, store::crc32c(out));
  out.resize(kOpenSlot);
  return out;
}

std::string encode_open_slot(const OpenDelivery& delivery) {
  std::string out;
  append(out, delivery.key.message_id.value);
  append(out, int64_t{delivery.key.idx});
  append(out, delivery.copies);
  append(out, slot_crc(out, delivery.slot));
  out.resize(kOpenSlot);
  return out;
}

OpenFile parse_open_deliveries(std::string_view bytes) {
  OpenFile out;
  out.blank = bytes.substr(0, kOpenSlot).find_first_not_of('\0') == std::string_view::npos;
  if (bytes.size() < kOpenSlot || !bytes.starts_with(kMagic)) return out;
  uint32_t crc = load<uint32_t>(bytes.data() + kHeaderCrcAt);
  out.ours = store::crc32c(bytes.substr(0, kHeaderCrcAt)) == crc;
  if (!out.ours) return out;
  for (OpenSlot slot = 1; (slot + 1) * kOpenSlot <= bytes.size(); ++slot) {
    const char* at = bytes.data() + slot * kOpenSlot;
    OpenDelivery delivery;
    delivery.slot = slot;
    delivery.key.message_id = MessageId(load<int64_t>(at));
    if (delivery.key.message_id.value == 0) continue;
    auto index = load<int64_t>(at + 8);
    delivery.copies = load<uint32_t>(at + kCopiesAt);
    bool whole = slot_crc({at, kSlotCrcAt}, slot) == load<uint32_t>(at + kSlotCrcAt);
    if (!whole || delivery.key.message_id.value < 0 || !std::in_range<int32_t>(index)) {
      out.damaged.push_back(slot);
      continue;
    }
    delivery.key.idx = static_cast<decltype(delivery.key.idx)>(index);
    out.found.push_back(delivery);
  }
  return out;
}

Result<std::shared_ptr<OpenDeliveries>> OpenDeliveries::open(const std::string& path,
                                                             uint32_t slots) {
  PH_CHECK(slots <= limits::kOpenDeliveriesMost);
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd.get() < 0) return fail_errno("open " + path, errno);
  struct stat before = {};
  if (::fstat(fd.get(), &before) != 0) return fail_errno("examine " + path, errno);
  // An earlier process may have had more: what is in those counts as well.
  size_t had = std::min(static_cast<size_t>(before.st_size), kFileMost) / kOpenSlot * kOpenSlot;
  size_t size = std::max((size_t{slots} + 1) * kOpenSlot, had);
  // Every page has its place on the disk: a mapped write cannot find it full.
  int error = 0;
  do {
    error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size));
  } while (error == EINTR);
  if (error != 0) return fail_errno("allocate " + path, error);
  void* mapped =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd.get(), 0);
  if (mapped == MAP_FAILED) return fail_errno("map " + path, errno);
  std::span<char> bytes(static_cast<char*>(mapped), size);
  OpenFile file = parse_open_deliveries({bytes.data(), bytes.size()});
  if (!file.ours) {
    std::memset(bytes.data(), 0, size);
    std::string header = encode_open_header(slots);
    std::memcpy(bytes.data(), header.data(), header.size());
  }
  return std::shared_ptr<OpenDeliveries>(new OpenDeliveries(bytes, std::move(file), slots));
}

OpenDeliveries::OpenDeliveries(std::span<char> mapped, OpenFile file, uint32_t slots)
    : mapped_(mapped), file_(std::move(file)), slots_(slots) {
  for (OpenSlot slot : file_.damaged) clear(slot);
  std::vector<bool> taken(mapped_.size() / kOpenSlot);
  for (const OpenDelivery& delivery : file_.found) taken[delivery.slot] = true;
  for (size_t slot = slots_; slot > 0; --slot)
    if (!taken[slot]) free_.push_back(static_cast<OpenSlot>(slot));
}

OpenDeliveries::~OpenDeliveries() {
  ::munmap(mapped_.data(), mapped_.size());
}

OpenSlot OpenDeliveries::take() {
  PH_CHECK(!free_.empty());
  OpenSlot slot = free_.back();
  free_.pop_back();
  return slot;
}

// A process may be killed between any two of these steps: the message's number makes a slot full,
// so it comes last here and goes first in clear(). The fence keeps the compiler from moving the
// rest before the number that is taken away. A slot that an earlier process left for this recipient
// stays full meanwhile: copies and checksum are one word.
void OpenDeliveries::mark(const OpenDelivery& delivery) {
  std::string bytes = encode_open_slot(delivery);
  char* to = at(delivery.slot);
  if (std::string_view(to, kCopiesAt) != std::string_view(bytes).substr(0, kCopiesAt)) {
    word_at(to).store(0, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::memcpy(to + 8, bytes.data() + 8, kCopiesAt - 8);
  }
  word_at(to + kCopiesAt).store(load<int64_t>(bytes.data() + kCopiesAt), std::memory_order_relaxed);
  word_at(to).store(delivery.key.message_id.value, std::memory_order_release);
}

void OpenDeliveries::clear(OpenSlot slot) {
  word_at(at(slot)).store(0, std::memory_order_release);
}

void OpenDeliveries::give_back(OpenSlot slot) {
  clear(slot);
  if (slot <= slots_) free_.push_back(slot);
}

Result<std::vector<std::string>> check_open_deliveries(const std::string& path,
                                                       store::Store& store) {
  auto bytes = read_file(path, kFileMost);
  if (!bytes && bytes.error().code == Errc::not_found) return std::vector<std::string>();
  std::vector<std::string> out;
  if (!bytes && bytes.error().code == Errc::limit) out.push_back(bytes.error().message);
  if (!bytes && out.empty()) return std::unexpected(bytes.error());
  OpenFile file = parse_open_deliveries(bytes.value_or(""));
  if (!file.ours && !file.blank) out.push_back("open-deliveries is damaged and will be made anew");
  for (OpenSlot slot : file.damaged)
    out.push_back(fmt::format("slot {} of open-deliveries is damaged and will be ignored", slot));
  for (const OpenDelivery& delivery : file.found) {
    auto row = store.read_now<store::RecipientRow>([&](sql::Connection& connection) {
      return store::recipient_for_queue(connection, delivery.key);
    });
    if (row) continue;
    if (row.error().code != Errc::not_found) return std::unexpected(row.error());
    out.push_back(
        fmt::format("open-deliveries names recipient {} of message {},"
                    " which is not there",
                    delivery.key.idx, format_id(delivery.key.message_id.value)));
  }
  return out;
}

}  // namespace ph::queue
