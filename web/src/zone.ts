// Host names as the forms of DNS providers want them: relative to the registered domain, @ for itself.
// A guess by common suffixes, so the full name always stands beside it.
const secondLevel = /^(?:com|net|org|gov|edu|co|ac|or|ne|go|gr|gob|nom|web)\.[a-z]{2}$/

export function zoneOf(name: string): string {
  const labels = name.split('.')
  const suffix = labels.slice(-2).join('.')
  const most = secondLevel.test(suffix) ? 3 : 2
  return labels.slice(-most).join('.')
}

export function hostInZone(host: string, domain: string): string {
  const zone = zoneOf(domain)
  if (host === zone) return '@'
  return host.endsWith(`.${zone}`) ? host.slice(0, -zone.length - 1) : host
}

// "10 mx.example.com" in the two fields that forms have for it.
export function mxParts(expected: string): { priority: string; value: string } {
  const [priority, value] = expected.split(' ')
  return { priority, value }
}

// Letters of any script are taken: the server makes A-labels of them.
export function isDomainName(text: string): boolean {
  if (text.length > 253 || !text.includes('.')) return false
  return text.split('.').every((label) => /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u.test(label))
}

// Where mail goes to: a domain of one label or more, or an address literal (RFC 5321 §4.1.3).
export function isReceiver(text: string): boolean {
  return isDomainName(text) || isDomainName(`${text}.x`) || /^\[(?:[\d.]+|ipv6:[\da-f:.]+)\]$/i.test(text)
}
