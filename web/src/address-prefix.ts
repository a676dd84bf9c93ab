// What may stand before the @ of a sender address, by the rule of core's addresses: a dot-atom in
// ASCII (RFC 5322 §3.2.3), so nothing that needs quotes.
export type PrefixFault = '' | 'empty' | 'at' | 'space' | 'letters' | 'dots' | 'long'

export function prefixFault(prefix: string): PrefixFault {
  if (!prefix) return 'empty'
  if (prefix.includes('@')) return 'at'
  if (/\s/.test(prefix)) return 'space'
  if (!/^[\w.!#$%&'*+\-/=?^`{|}~]+$/.test(prefix)) return 'letters'
  if (/^\.|\.$|\.\./.test(prefix)) return 'dots'
  return prefix.length > 64 ? 'long' : ''
}
