import { beforeEach, expect, it, vi } from 'vitest'

const tag = vi.hoisted(() => ({ value: 'en' }))
vi.mock('@/i18n', () => ({ localeTag: tag }))
const { sizeText } = await import('./format')
beforeEach(() => void (tag.value = 'en'))

it('tells sizes as each language does', () => {
  expect([1, 602, 1_000, 1_240, 7_000_000].map(sizeText)).toEqual(['1 byte', '602 bytes', '1 kB', '1.2 kB', '7 MB'])
  tag.value = 'zh-CN'
  expect(sizeText(602)).toMatch(/602.*字节/)
})
