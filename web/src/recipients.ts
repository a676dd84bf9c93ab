// Recipients as somebody types or pastes them: one a line, or divided by commas or semicolons. What
// stands in quotes or angle brackets divides nothing, and both end with their line.
const piece = /(?:"(?:[^"\\\n]|\\[^\n])*"?|<[^>\n]*>?|[^,;\n"<])+/g
const local = String.raw`(?:"(?:[^"\\]|\\.)*"|[^@\s"<>]+)`
const written = new RegExp(`^(?:${local}@[^@\\s<>]+|[^<>"]*<${local}@[^@\\s<>]+>|"(?:[^"\\\\]|\\\\.)*"\\s*<${local}@[^@\\s<>]+>)$`)

export const splitRecipients = (text: string) => (text.match(piece) ?? []).map((one) => one.trim()).filter(Boolean)

// The shape of an address with or without a name; what may stand in it is the server's to say.
export const looksLikeRecipient = (text: string) => written.test(text)
