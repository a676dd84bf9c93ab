// A key of one wish for the header Idempotency-Key: what is sent twice is done once.
export function onceKey(): string {
  // crypto.randomUUID() is for HTTPS only.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, '0')).join('')
}
