import { expect, it, vi } from 'vitest'

vi.mock('@/i18n', () => ({ localeTag: { value: 'en' } }))
const { counts, figureText, more, outlook } = await import('./levels')

const now = Date.parse('2026-11-22T12:00:00Z')
const rise = (met: boolean, have: number | null = 1) => ({ what: 'volume', needed: 7_000, have, met })
const domain = (more: object = {}) => ({ mode: 'levels' as const, level: 1, blocked_until: null, to_rise: [rise(true)], ...more })

it('says what matters most about a level', () => {
  expect(outlook(domain(), now)).toBe('earned')
  expect(outlook(domain({ to_rise: [rise(true), rise(false)] }), now)).toBe('missing')
  expect(outlook(domain({ to_rise: [] }), now)).toBe('missing')
  expect(outlook(domain({ level: 20 }), now)).toBe('top')
  expect(outlook(domain({ level: 0 }), now)).toBe('forbidden')
  expect(outlook(domain({ mode: 'fixed', level: 0 }), now)).toBe('fixed')
  expect(outlook(domain({ mode: 'fixed', blocked_until: '2026-11-22T16:00:00Z' }), now)).toBe('blocked')
})
it('is over a block when its time is over', () => {
  expect(outlook(domain({ blocked_until: '2026-11-22T16:00:00Z' }), now)).toBe('blocked')
  expect(outlook(domain({ blocked_until: '2026-11-22T11:59:59Z' }), now)).toBe('earned')
})
it('does not wait for what cannot be measured yet', () => {
  const unknown = rise(false, null)
  expect(counts(unknown)).toBe(false)
  expect(outlook(domain({ to_rise: [rise(true), unknown] }), now)).toBe('earned')
  expect(outlook(domain({ to_rise: [rise(false), unknown] }), now)).toBe('missing')
})
it('tells a rate in per cent, a volume as a number, and nothing for what is not known', () => {
  expect(figureText('delivered_rate', 9_250)).toBe('92.5 %')
  expect(figureText('volume', 7_000)).toBe('70 %')
  expect(figureText('sent', 12_000)).toBe('12,000')
  expect(figureText('open_rate', null)).toBeNull()
})
it('knows of which figures less is better', () => {
  expect(['sent', 'delivered_rate', 'open_rate'].map(more)).toEqual([true, true, true])
  expect(['invalid_rate', 'spam_rate', 'complaint_rate'].map(more)).toEqual([false, false, false])
})
