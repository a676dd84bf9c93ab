import { afterAll, beforeAll, expect, it, vi } from 'vitest'

vi.mock('@/i18n', () => ({ localeTag: { value: 'en' } }))
const { beginning, usagePoints } = await import('./usage')
const zone = process.env.TZ
beforeAll(() => void (process.env.TZ = 'America/New_York'))
afterAll(() => void (process.env.TZ = zone))

const late = Date.parse('2026-11-23T03:30:00Z') // the evening of the 22nd in New York
const used = (day: string, free: number) => ({ day, free, package: 1, post_paid: 2, amount: 3 })

it('begins so many days before today, where the person is', () => {
  expect(beginning(1, late)).toBe('2026-11-22')
  expect(beginning(7, late)).toBe('2026-11-16')
  expect(beginning(30, late)).toBe('2026-10-24')
})
it('has a point for each day, also where nothing was sent', () => {
  const points = usagePoints([used('2026-11-21', 5)], '2026-11-20', late)
  expect(points.map(({ key, sums, amount }) => [key, sums.free, sums.package, amount])).toEqual([
    ['2026-11-20', 0, 0, 0],
    ['2026-11-21', 5, 1, 3],
    ['2026-11-22', 0, 0, 0],
  ])
})
it('shows a day that begins earlier where the bills are made', () => {
  expect(usagePoints([used('2026-11-23', 5)], '2026-11-22', late).map(({ key }) => key)).toEqual(['2026-11-22', '2026-11-23'])
})
it('ends, whatever the address asks for', () => {
  expect(usagePoints([], '1970-01-01', late).length).toBe(400)
})
