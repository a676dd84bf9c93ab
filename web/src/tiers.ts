// Prices by how many mails went before: what the server tells, what a person reads and types.
import { amountField, amountOf } from '@/amount'
import type { Billing } from '@/api/generated'

export type Tier = Billing['post_paid']['tiers'][number]

export interface Span {
  first: number // the first mail that has this price
  last: number | null // the last; none: all that follow
  price: number
}

// `from` counts the mails before the first of this price.
export function spans(tiers: Tier[]): Span[] {
  const sorted = [...tiers].sort((a, b) => a.from - b.from)
  return sorted.map(({ from, price }, at) => ({ first: from + 1, last: sorted[at + 1]?.from ?? null, price }))
}

export interface TierRow {
  from: string
  price: string
}

export const rowsOf = (tiers: Tier[]): TierRow[] =>
  tiers.length ? spans(tiers).map(({ first, price }) => ({ from: String(first), price: amountField(price) })) : [{ from: '1', price: '' }]

export type TierFault = 'from' | 'price' | 'first' | 'order'

// The tiers that the rows mean, or which row is wrong and how.
export function tiersOf(rows: TierRow[]): { tiers: Tier[] } | { row: number; fault: TierFault } {
  const tiers: Tier[] = []
  for (const [row, { from, price }] of rows.entries()) {
    const text = from.normalize('NFKC').replace(/[\s,]/g, '')
    if (!/^\d{1,12}$/.test(text) || Number(text) < 1) return { row, fault: 'from' }
    const amount = amountOf(price)
    if (amount === undefined || amount < 0) return { row, fault: 'price' }
    const begins = Number(text) - 1
    if (row === 0 && begins !== 0) return { row, fault: 'first' }
    if (row > 0 && begins <= tiers[row - 1].from) return { row, fault: 'order' }
    tiers.push({ from: begins, price: amount })
  }
  return { tiers }
}
