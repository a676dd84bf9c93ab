// Named settings of the server as fields of a form.
import { wholeOf } from '@/amount'
import type { Setting } from '@/api/generated'

export interface Group {
  key: string // what stands before the dot of their names
  items: Setting[]
}

export function groupsOf(items: Setting[]): Group[] {
  const out = new Map<string, Setting[]>()
  for (const one of items) {
    const key = one.name.split('.')[0]
    out.set(key, [...(out.get(key) ?? []), one])
  }
  return [...out].map(([key, all]) => ({ key, items: all }))
}

// What a field begins with. A secret is never shown; an account without a value of its own has none.
export function shownValue(one: Setting, account: boolean): string {
  if (one.kind === 'secret') return ''
  if (account && !one.own) return ''
  return one.value
}

// What was changed, as the server wants it. An empty secret is left as it is.
export function changedValues(items: Setting[], fields: Record<string, string>, account: boolean): Record<string, string> {
  const out: Record<string, string> = {}
  for (const one of items) {
    const now = (fields[one.name] ?? '').trim()
    if (now !== shownValue(one, account)) out[one.name] = one.kind === 'number' && now ? String(wholeOf(now) ?? now) : now
  }
  return out
}

export type SettingFault = 'number' | 'length' | 'short'

// What can be seen to be wrong before it is sent. Empty is back to what it is without.
export function faultOf(one: Setting, text: string, account: boolean): SettingFault | '' {
  const value = text.trim()
  if (!value || value === shownValue(one, account)) return ''
  if (one.kind === 'number') {
    const n = wholeOf(value)
    return n === undefined || n < one.least || n > one.most ? 'number' : ''
  }
  const octets = new TextEncoder().encode(value).length
  if ((one.kind === 'text' || one.kind === 'secret') && one.most && octets > one.most) return 'length'
  return one.kind === 'secret' && octets < one.least ? 'short' : ''
}

const wholes = 10_000
export const isRate = (one: Setting) => one.kind === 'number' && one.most === wholes && one.name.startsWith('quota.')
