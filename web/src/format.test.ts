import { beforeEach, expect, it, vi } from 'vitest'

const tag = vi.hoisted(() => ({ value: 'en' }))
vi.mock('@/i18n', () => ({ localeTag: tag }))
const { relativeTime, sizeText } = await import('./format')
beforeEach(() => void (tag.value = 'en'))

it('tells sizes as each language does', () => {
  expect([1, 602, 1_000, 1_240, 7_000_000].map(sizeText)).toEqual(['1 byte', '602 bytes', '1 kB', '1.2 kB', '7 MB'])
  tag.value = 'zh-CN'
  expect(sizeText(602)).toMatch(/602.*字节/)
})

it('tells how far a time is, rounded, and no near future of what has just been', () => {
  const now = Date.parse('2026-01-10T12:00:00Z')
  const at = (seconds: number) => relativeTime(new Date(now + seconds * 1000).toISOString(), now)
  expect(at(72 * 3600 - 40)).toBe('in 3 days')
  expect(at(-72 * 3600 + 40)).toBe('3 days ago')
  expect([at(3_599), at(3_540), at(100 * 60)]).toEqual(['in 1 hour', 'in 59 minutes', 'in 2 hours'])
  expect([at(0), at(1), at(5)]).toEqual(['now', 'now', 'now'])
  expect([at(6), at(-3)]).toEqual(['in 6 seconds', '3 seconds ago'])
})
