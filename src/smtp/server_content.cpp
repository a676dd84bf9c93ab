#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "smtp/server_engine.h"

namespace ph::smtp {

namespace {


struct BdatArgument {
  uint64_t size = 0;
  bool last = false;
};

// RFC 3030 §2: chunk-size [ SP "LAST" ].
std::optional<BdatArgument> parse_bdat(std::string_view argument) {
  size_t space = argument.find(' ');
  std::string_view digits = argument.substr(0, space);
  if (digits.size() > 20 || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  auto size = parse_number<uint64_t>(digits);
  if (!size) return std::nullopt;
  if (space == std::string_view::npos) return BdatArgument{*size, false};
  if (!iequals(argument.substr(space + 1), "LAST")) return std::nullopt;
  return BdatArgument{*size, true};
}

Reply too_big() { return {kTooMuch, status::kMessageTooBig, "The message is too big"}; }

}  // namespace

// Why content cannot come now.
std::optional<Reply> ServerSession::Engine::no_envelope() const {
  if (!transaction_)
    return Reply(kBadSequence, status::kInvalidCommand, "Say MAIL first");
  if (transaction_->recipients > 0) return std::nullopt;
  if (transaction_->attempted > 0)  // RFC 5321 §3.3
    return Reply(kFailed, status::kInvalidCommand, "No valid recipients");
  return Reply(kBadSequence, status::kInvalidCommand, "Say RCPT first");
}

// --- DATA ---

void ServerSession::Engine::data(std::string_view argument) {
  if (!argument.empty())
    return error({kBadParameter, status::kBadArguments, "DATA has no argument"});
  if (content_)  // RFC 3030 §2
    return error({kBadSequence, status::kInvalidCommand, "DATA and BDAT do not mix"});
  if (auto refusal = no_envelope()) {
    bool pipelined = mail_refused_ || refusal->code == kFailed;
    if (!pipelined) return error(*refusal);
    if (junk()) say(*refusal);
    return;
  }
  wait_for(Waiting::data_start, DataStart{});
}

void ServerSession::Engine::begin_data() {
  if (!ends_group()) return;  // content before our 354: RFC 2920 §3.1
  content_.emplace(Content::Mode::data);
  say({kStartInput, status::kNone, "End with a line of one dot"});
}

bool ServerSession::Engine::take_data() {
  std::string_view bytes = pending();
  if (bytes.empty()) return false;
  std::string plain;
  bytes = bytes.substr(0, std::min<uint64_t>(bytes.size(), read_most() - content_->read));
  size_t used = content_->reader.feed(bytes, plain);
  start_ += used;
  content_->read += used;
  spoil(content_->reader.fault());
  add_content(std::move(plain));
  if (content_->reader.done()) {
    end_content();
  } else if (content_->refusal && content_->read >= read_most()) {
    end(*content_->refusal);
  }
  return true;
}

// --- BDAT ---

std::optional<Reply> ServerSession::Engine::chunk_refusal(uint64_t size) const {
  if (content_ && content_->refusal)
    return Reply(kBadSequence, status::kInvalidCommand, "An earlier chunk was refused: say RSET");
  if (auto refusal = no_envelope()) return refusal;
  uint64_t before = content_ ? content_->size : 0;
  if (size > options_.message_bytes - before) return too_big();
  return std::nullopt;
}

void ServerSession::Engine::bdat(std::string_view argument) {
  auto parsed = parse_bdat(argument);
  // What follows cannot be told from commands without knowing its length: the end.
  if (!options_.chunking)
    return end({kNotImplemented, status::kInvalidCommand, "BDAT is not offered"});
  if (!parsed)
    return end({kBadParameter, status::kBadArguments, "Say BDAT with a size and perhaps LAST"});
  auto refusal = chunk_refusal(parsed->size);
  if (refusal) {
    if (parsed->size > read_most() - counts_.swallowed) return end(*refusal);
    counts_.swallowed += parsed->size;
    if (content_ || transaction_) refuse_content(*refusal);
  }
  chunk_ = server::Chunk{parsed->size, parsed->size, parsed->last, refusal};
  if (refusal) return;
  if (content_) return;
  content_.emplace(Content::Mode::bdat);
  wait_for(Waiting::bdat_start, DataStart{});
}

bool ServerSession::Engine::take_chunk() {
  uint64_t size = std::min<uint64_t>(chunk_->left, pending().size());
  if (size == 0 && chunk_->left > 0) return false;
  std::string bytes(pending().substr(0, size));
  start_ += size;
  chunk_->left -= size;
  bool ended = chunk_->left == 0;
  if (!chunk_->refusal && content_) {
    content_->lines.feed(bytes);
    if (ended && chunk_->last) content_->lines.finish();
    spoil(content_->lines.fault());
    add_content(std::move(bytes));
  }
  if (ended) end_chunk();
  return true;
}

void ServerSession::Engine::end_chunk() {
  server::Chunk chunk = *std::exchange(chunk_, std::nullopt);
  std::optional<Reply> refusal = chunk.refusal;
  if (!refusal && content_) refusal = content_->refusal;
  if (chunk.last && !refusal) return end_content();
  if (chunk.last) content_.reset();
  if (!refusal)
    return say({kOk, status::kFine, fmt::format("{} octets received", chunk.size)});
  // A pipelined chunk without an envelope is no error of its own.
  if (!chunk.refusal || refusal->code == kTooMuch) return error(*refusal);
  if (junk()) say(*refusal);
}

// --- both ---

void ServerSession::Engine::add_content(std::string bytes) {
  content_->size += bytes.size();
  if (content_->size > options_.message_bytes) refuse_content(too_big());
  if (!content_->refusal && !bytes.empty()) wishes_.emplace_back(DataChunk{std::move(bytes)});
}

void ServerSession::Engine::spoil(ContentFault fault) {
  if (fault == ContentFault::none) return;
  refuse_content({kFailed, status::kBadContent,
                  fmt::format("The message has {}", content_fault_name(fault))});
}

// The first refusal stands; the rest of the content is read and thrown away.
void ServerSession::Engine::refuse_content(Reply reply) {
  if (!content_) content_.emplace(Content::Mode::bdat);
  if (!content_->refusal) content_->refusal = std::move(reply);
  drop_transaction();
}

// How much is read of content that was refused, before the connection ends. Stuffing makes content
// by a third longer at most, so that good content never gets here.
uint64_t ServerSession::Engine::read_most() const { return 2 * options_.message_bytes + 1024; }

void ServerSession::Engine::end_content() {
  if (!content_->refusal)
    return wait_for(Waiting::message, MessageComplete{content_->size});
  Reply refusal = *content_->refusal;
  content_.reset();
  error(refusal);
}

// The shell has said what becomes of the message; the transaction ends without a note.
void ServerSession::Engine::message_answered() {
  transaction_.reset();
  content_.reset();
}

}  // namespace ph::smtp
