// Sums of the server as the points of a curve: today by the hour of where the person is, and 30
// days.
import type { Statistics } from '@/api/generated'
import { dayText, hourText } from '@/format'

export const kinds = ['accepted', 'delivered', 'deferred', 'bounced'] as const
export type Kind = (typeof kinds)[number]
export type Sums = Record<Kind, number>
export interface Point {
  key: string
  label: string
  sums?: Sums // without: it is still to come
}

const hour = 3_600_000

function midnight(now: number): number {
  const at = new Date(now)
  at.setHours(0, 0, 0, 0)
  return at.getTime()
}

// Hours that begin today, up to the next midnight.
export function todayPoints(hours: Statistics['hours'], now = Date.now()): Point[] {
  const begins = midnight(now)
  const ends = midnight(begins + 26 * hour)
  const out: Point[] = hours
    .filter((one) => Date.parse(one.hour) >= begins)
    .map((one) => ({ key: one.hour, label: hourText(one.hour), sums: one }))
  const next = out.length ? Date.parse(out[out.length - 1].key) + hour : begins
  for (let at = next; at < ends; at += hour) {
    const key = new Date(at).toISOString()
    out.push({ key, label: hourText(key) })
  }
  return out
}

export const dayPoints = (days: Statistics['days']): Point[] =>
  days.map((one) => ({ key: one.day, label: dayText(one.day), sums: one }))

export function total(points: Point[]): Sums {
  const out: Sums = { accepted: 0, delivered: 0, deferred: 0, bounced: 0 }
  for (const { sums } of points) for (const kind of kinds) out[kind] += sums?.[kind] ?? 0
  return out
}

export const anything = (point: Point) => kinds.some((kind) => (point.sums?.[kind] ?? 0) > 0)
