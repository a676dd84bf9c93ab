// Days of use as the points of a curve: the server tells the days on which something was sent.
import type { Usage } from '@/api/generated'
import { dayText } from '@/format'

export const sources = ['free', 'package', 'post_paid'] as const
export type UsageSums = Record<(typeof sources)[number], number>
export interface UsagePoint {
  key: string
  label: string
  sums: UsageSums
  amount: number
}

const day = 86_400_000
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

// The first of so many days that end today, by this person's clock.
export function beginning(days: number, now = Date.now()): string {
  const here = new Date(now)
  return dayOf(Date.UTC(here.getFullYear(), here.getMonth(), here.getDate()) - (days - 1) * day)
}

// All days from the first to today, or to a later one that the server knows already: its billing day
// may begin before this person's.
export function usagePoints(items: Usage[], from: string, now = Date.now()): UsagePoint[] {
  const known = new Map(items.map((one) => [one.day, one]))
  const last = [beginning(1, now), ...known.keys()].reduce((a, b) => (a > b ? a : b))
  const out: UsagePoint[] = []
  for (let at = Date.parse(`${from}T00:00:00Z`); dayOf(at) <= last && out.length < 400; at += day) {
    const key = dayOf(at)
    const one = known.get(key)
    out.push({ key, label: dayText(key), sums: { free: one?.free ?? 0, package: one?.package ?? 0, post_paid: one?.post_paid ?? 0 }, amount: one?.amount ?? 0 })
  }
  return out
}
