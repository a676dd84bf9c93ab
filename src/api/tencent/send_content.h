// Purpose: the parts of SendEmail read from its parameters: sender, recipients, content, headers,
//   attachments. Private to tencent.
// Shapes: the sender is `address`, or `alias <address>` with exactly one space before < and no
//   colon in the alias; the alias is free text. base64 may have line ends in it.
// Threads: pure.
// Errors: the code that the original gives for that part, with the parameter's name.
#pragma once

#include "api/tencent/action.h"

namespace ph::tencent {

Judged<std::string> read_sender(const Call& call);
Judged<> read_recipients(const Call& call, core::FieldContent& out);
Judged<> read_content(const Call& call, core::FieldContent& out);
Judged<> read_headers(const Call& call, core::FieldContent& out);
Judged<> read_attachments(const Call& call, core::FieldContent& out);
// TriggerType and Unsubscribe.
Judged<> read_options(const Call& call);

// The MIME type that an attachment of this name has; empty where none of the name may be sent.
std::string_view attachment_type(std::string_view file_name);

}  // namespace ph::tencent
