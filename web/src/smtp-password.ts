// The rule of core's check_smtp_password, for the form; and passwords that keep it.
export const rules: Array<[key: string, test: (text: string) => boolean]> = [
  ['length', (text) => text.length >= 10 && text.length <= 20],
  ['digits', (text) => (text.match(/\d/g)?.length ?? 0) >= 2],
  ['lower', (text) => /[a-z]/.test(text)],
  ['upper', (text) => /[A-Z]/.test(text)],
  ['ascii', (text) => /^[!-~]*$/.test(text)],
]

export const unmet = (text: string) => rules.filter(([, test]) => !test(text)).map(([key]) => key)
export const isGood = (text: string) => rules.every(([, test]) => test(text))

// Letters and digits that are not taken for one another; about 93 bits.
const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

export function generate(length = 16): string {
  for (;;) {
    let out = ''
    while (out.length < length) {
      // Bytes past the last whole multiple would make the first letters likelier.
      for (const byte of crypto.getRandomValues(new Uint8Array(length * 2)))
        if (byte < 256 - (256 % letters.length) && out.length < length) out += letters[byte % letters.length]
    }
    if (isGood(out)) return out
  }
}
