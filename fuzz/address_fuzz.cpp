// What a parser takes is written so that the same mailboxes are read again, and cannot end a line.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "mime/address.h"
#include "mime/header.h"
#include "mime/header_writer.h"

using namespace ph::mime;

namespace {

void check_strict(const Mailbox& mailbox) {
  PH_CHECK(check_mailbox(mailbox).has_value());
  PH_CHECK(!ph::has_control(mailbox.address()));
  auto again = parse_smtp_mailbox(mailbox.address());
  PH_CHECK(again && again->local == mailbox.local && again->domain == mailbox.domain);
}

void check_written(const Mailbox& mailbox) {
  HeaderWriter writer;
  if (!writer.mailboxes("To", std::span(&mailbox, 1))) return;
  auto block = read_header_block(writer.text());
  PH_CHECK(block && block->fields.size() == 1 && !block->wrong);
  auto again = parse_header_addresses(block->fields[0].value);
  PH_CHECK(again && again->mailboxes.size() == 1);
  PH_CHECK(again->mailboxes[0].address() == mailbox.address());
  PH_CHECK(again->mailboxes[0].name == ph::trim(mailbox.name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto list = parse_header_addresses(text)) {
    for (const Mailbox& mailbox : list->mailboxes) check_written(mailbox);
  }
  if (auto mailbox = parse_smtp_mailbox(text)) {
    check_strict(*mailbox);
    PH_CHECK(parse_header_addresses(text).has_value());
  }
  if (auto mailbox = parse_api_address(text)) {
    check_strict(*mailbox);
    check_written(*mailbox);
  }
  if (auto path = read_smtp_path(text)) {
    PH_CHECK(path->size <= text.size());
    if (!path->is_null && !path->is_postmaster) check_strict(path->mailbox);
  }
  return 0;
}
