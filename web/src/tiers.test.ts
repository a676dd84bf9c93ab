import { expect, it, vi } from 'vitest'

vi.mock('@/i18n', () => ({ localeTag: { value: 'en' } }))
const { rowsOf, spans, tiersOf } = await import('./tiers')

const tiers = [{ from: 0, price: 1_900 }, { from: 100_000, price: 1_500 }, { from: 1_000_000, price: 0 }]

it('tells from which mail to which a price is', () => {
  expect(spans(tiers)).toEqual([
    { first: 1, last: 100_000, price: 1_900 },
    { first: 100_001, last: 1_000_000, price: 1_500 },
    { first: 1_000_001, last: null, price: 0 },
  ])
  expect(spans([])).toEqual([])
  expect(spans([tiers[1], tiers[0]])[0].first).toBe(1)
})
it('puts into fields what it reads from them', () => {
  expect(rowsOf(tiers).map(({ from, price }) => `${from} ${price}`)).toEqual(['1 0.0019', '100001 0.0015', '1000001 0.00'])
  expect(tiersOf(rowsOf(tiers))).toEqual({ tiers })
  expect(rowsOf([])).toEqual([{ from: '1', price: '' }])
})
it('reads a number with its separators', () => {
  expect(tiersOf([{ from: '1', price: '2' }, { from: ' 100,001', price: '１' }])).toEqual({ tiers: [{ from: 0, price: 2_000_000 }, { from: 100_000, price: 1_000_000 }] })
})
it('names the row that is wrong, and how', () => {
  const fault = (rows: Array<[string, string]>) => tiersOf(rows.map(([from, price]) => ({ from, price })))
  expect(fault([['0', '1']])).toEqual({ row: 0, fault: 'from' })
  expect(fault([['x', '1']])).toEqual({ row: 0, fault: 'from' })
  expect(fault([['1', 'free']])).toEqual({ row: 0, fault: 'price' })
  expect(fault([['1', '-1']])).toEqual({ row: 0, fault: 'price' })
  expect(fault([['2', '1']])).toEqual({ row: 0, fault: 'first' })
  expect(fault([['1', '1'], ['10', '1'], ['10', '1']])).toEqual({ row: 2, fault: 'order' })
  expect(fault([['1', '1'], ['1', '1']])).toEqual({ row: 1, fault: 'order' })
})
