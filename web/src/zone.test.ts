import { expect, it } from 'vitest'
import { hostInZone, isDomainName, mxParts, zoneOf, isReceiver } from './zone'

it('names hosts as the forms of DNS providers want them', () => {
  expect(hostInZone('mail.example.com', 'mail.example.com')).toBe('mail')
  expect(hostInZone('_dmarc.mail.example.com', 'mail.example.com')).toBe('_dmarc.mail')
  expect(hostInZone('ph1._domainkey.example.com', 'example.com')).toBe('ph1._domainkey')
  expect(hostInZone('example.com', 'example.com')).toBe('@')
  expect(hostInZone('mail.example.com.cn', 'mail.example.com.cn')).toBe('mail')
  expect(zoneOf('a.b.example.co.uk')).toBe('example.co.uk')
})

it('takes what is a domain name, and what becomes one', () => {
  for (const good of ['a.example', 'mail.example.com', 'xn--fiqs8s.example', '邮件.example', 'a-b.c1.example']) expect(isDomainName(good), good).toBe(true)
  for (const bad of ['', 'example', 'a..example', '-a.example', 'a-.example', 'a b.example', 'a@b.example', '.example', `${'a'.repeat(64)}.example`, `${'a.'.repeat(130)}example`]) expect(isDomainName(bad), bad).toBe(false)
})

it('divides an MX value for the two fields of a form', () => {
  expect(mxParts('10 mx.example.com')).toEqual({ priority: '10', value: 'mx.example.com' })
})

it('take a receiver that mail can go to', () => {
  for (const good of ['example.com', 'mx1.例子.cn', 'localhost', '[192.0.2.1]', '[IPv6:2001:db8::1]']) expect(isReceiver(good), good).toBe(true)
  for (const bad of ['', 'a b.example', 'anna@example.com', 'https://example.com', '-a.example', 'a..b', 'example.com.', '[192.0.2.1']) expect(isReceiver(bad), bad).toBe(false)
})
