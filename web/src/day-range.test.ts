import { expect, it } from 'vitest'
import { dayBegins, dayEnds } from './day-range'

it('has the first moment of a day and of the next', () => {
  const [from, to] = [dayBegins('2026-02-28')!, dayEnds('2026-02-28')!]
  expect(new Date(from).getTime()).toBe(new Date('2026-02-28T00:00:00').getTime())
  expect(new Date(to).getTime()).toBe(new Date('2026-03-01T00:00:00').getTime())
  expect(to).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

it('has nothing for what is no day', () => {
  for (const odd of ['', '2026', '2026-13-01', '2026-1-1', 'today', '2026-02-28T00']) expect(dayBegins(odd)).toBeUndefined()
})
