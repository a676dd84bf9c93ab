// What a sender domain's level depends on, as the server tells it.
import { rateText } from '@/amount'
import type { Quota } from '@/api/generated'
import { numberText } from '@/format'

export type DomainQuota = Quota['domains'][number]
export type Figures = DomainQuota['today']
export type Rise = DomainQuota['to_rise'][number]

export const highest = 20

export const rates = ['delivered_rate', 'invalid_rate', 'spam_rate', 'complaint_rate', 'open_rate'] as const
export type Rate = (typeof rates)[number]

// The volume is a share of the day's quota.
const isRate = (what: string) => what === 'volume' || what.endsWith('_rate')

// A rate in per cent, a volume as a number; nothing yet where no events come in.
export function figureText(what: string, value: number | null): string | null {
  if (value === null || value === undefined) return null
  return isRate(what) ? rateText(value) : numberText(value)
}

export const rateOf = (figures: Figures, rate: Rate) => figureText(rate, figures[rate])

// Of these figures more is better; of the others less.
export const more = (what: string) => !['invalid_rate', 'spam_rate', 'complaint_rate'].includes(what)

export type Outlook = 'fixed' | 'forbidden' | 'blocked' | 'top' | 'missing' | 'earned'

// The one sentence about the level: what matters most goes first.
export function outlook(one: Pick<DomainQuota, 'mode' | 'level' | 'blocked_until' | 'to_rise'>, now = Date.now()): Outlook {
  if (one.blocked_until && Date.parse(one.blocked_until) > now) return 'blocked'
  if (one.mode === 'fixed') return 'fixed'
  if (one.level <= 0) return 'forbidden'
  if (one.level >= highest) return 'top'
  return one.to_rise.some((rise) => counts(rise) && !rise.met) || !one.to_rise.length ? 'missing' : 'earned'
}

// What cannot be measured yet is shown, and does not count.
export const counts = (rise: Rise) => rise.have !== null && rise.have !== undefined
