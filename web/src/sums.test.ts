import { afterAll, beforeAll, expect, it, vi } from 'vitest'

vi.mock('@/i18n', async () => ({ localeTag: (await import('vue')).ref('en-GB'), t: (key: string) => key }))
const { anything, dayPoints, todayPoints, total } = await import('./sums')

const zone = process.env.TZ
beforeAll(() => (process.env.TZ = 'Asia/Shanghai'))
afterAll(() => (process.env.TZ = zone))

// 25 hours up to that of `last`; each accepted its number.
function hours(last: string) {
  const end = Date.parse(last)
  return Array.from({ length: 25 }, (_, at) => ({
    hour: new Date(end - (24 - at) * 3_600_000).toISOString().replace('.000', ''),
    accepted: at,
    delivered: 1,
    deferred: 0,
    bounced: 0,
    expired: 0,
    cancelled: 0,
  }))
}

it('shows today where the person is, and leaves open what is to come', () => {
  const points = todayPoints(hours('2026-11-22T04:00:00Z'), Date.parse('2026-11-22T04:30:00Z'))
  expect(points.length).toBe(24)
  expect(points[0].label).toBe('00:00')
  expect(points[23].label).toBe('23:00')
  expect(points.filter((point) => point.sums).length).toBe(13)
  expect(points[0].sums?.accepted).toBe(12)
  expect(points[12].sums?.accepted).toBe(24)
  expect(total(points).delivered).toBe(13)
})

it('has the first hour of a day alone, and the last with all before it', () => {
  const first = todayPoints(hours('2026-11-22T16:00:00Z'), Date.parse('2026-11-22T16:00:00Z'))
  expect(first.filter((point) => point.sums).length).toBe(1)
  const last = todayPoints(hours('2026-11-22T15:00:00Z'), Date.parse('2026-11-22T15:59:59Z'))
  expect(last.every((point) => point.sums)).toBe(true)
  expect(last.length).toBe(24)
})

it('knows where nothing happened', () => {
  const [one, two] = dayPoints([
    { day: '2026-11-21', accepted: 0, delivered: 0, deferred: 2, bounced: 0, expired: 0, cancelled: 0 },
    { day: '2026-11-22', accepted: 0, delivered: 0, deferred: 0, bounced: 0, expired: 1, cancelled: 0 },
  ])
  expect(anything(one)).toBe(true)
  expect(anything(two)).toBe(false)
  expect(one.label).toBe('21 Nov')
})
