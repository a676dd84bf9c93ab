import { beforeEach, expect, it, vi } from 'vitest'

const tag = vi.hoisted(() => ({ value: 'en' }))
vi.mock('@/i18n', () => ({ localeTag: tag }))
const { amountField, amountOf, amountText, priceEach, rateText, share } = await import('./amount')
beforeEach(() => void (tag.value = 'en'))

it('tells an amount with its currency, two places at least and every millionth that counts', () => {
  expect(amountText(1_234_500_000, 'USD')).toBe('$1,234.50')
  expect([0, 1, 280, 1_900, 10_000].map((n) => amountText(n, 'USD'))).toEqual(['$0.00', '$0.000001', '$0.00028', '$0.0019', '$0.01'])
  expect(amountText(-500_000, 'USD')).toBe('−$0.50')
  tag.value = 'zh-CN'
  expect(amountText(19_000_000_000, 'CNY')).toBe('¥19,000.00')
})
it('keeps amounts that a float would not', () => {
  expect(amountText(9_007_199_254_740_993n, 'USD')).toBe('$9,007,199,254.740993')
})
it('shows what is no currency as it is', () => {
  expect(amountText(1_500_000, 'credits')).toBe('1.50 credits')
  expect(amountText(-1_500_000, '')).toBe('−1.50 ')
})
it('reads what a person types, and nothing else', () => {
  const good: Array<[string, number]> = [['12', 12_000_000], ['0.0019', 1_900], [' 1 000.50 ', 1_000_500_000], ['１２．５', 12_500_000], ['-3', -3_000_000], ['−3', -3_000_000], ['999999999.999999', 999_999_999_999_999]]
  for (const [text, wanted] of good) expect(amountOf(text), text).toBe(wanted)
  for (const text of ['', '.', '1.', '.5', '1,5', '1e3', '0.0000001', '1234567890', 'NaN', '--1', '1.2.3', '0x10', '１,０００'])
    expect(amountOf(text), text).toBeUndefined()
})
it('puts into a field what it reads from it', () => {
  for (const value of [0, 1, 1_900, 12_500_000, -3_000_001, 999_999_999_999_999]) expect(amountOf(amountField(value))).toBe(value)
})
it('tells the price of one mail of a package, half up', () => {
  expect(priceEach(1_900_000_000, 1_000_000)).toBe(1_900)
  expect([priceEach(3, 2), priceEach(1, 3), priceEach(5, 3)]).toEqual([2, 0, 2])
  expect(priceEach(10, 0)).toBe(0)
})
it('tells rates in hundredths of a per cent', () => {
  expect([9_250, 10_000, 5, 0, 110, 999].map(rateText)).toEqual(['92.5 %', '100 %', '0.05 %', '0 %', '1.1 %', '9.99 %'])
})
it('fills a bar wholly only where nothing is left', () => {
  expect([share(0, 1000), share(999, 1000), share(9_999, 10_000), share(1000, 1000), share(12, 10)]).toEqual([0, 99, 99, 100, 100])
  expect([share(0, 0), share(1, 0)]).toEqual([0, 100])
})
