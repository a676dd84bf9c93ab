import { beforeEach, expect, it, vi } from 'vitest'

const kept = new Map<string, string>()
vi.stubGlobal('localStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) })
let dialog = false
const clicked = vi.fn()
let there = 'input[type=search]'
const focused: string[] = []
const field = { focus: () => void focused.push(there) }
const row = (name: string, has: string) => ({ querySelector: (what: string) => (what.includes(has) ? { focus: () => void focused.push(name) } : null) })
let rows: object[] = []
const one = { click: clicked, focus: () => undefined }
const { allowShortcuts, helping, keyHandler } = await import('./shortcuts')
vi.stubGlobal('document', {
  querySelector: (what: string) => (what === 'dialog[open]' ? (dialog ? one : null) : what.includes('data-key') ? one : what.includes(there) ? field : null),
  querySelectorAll: () => rows,
  activeElement: null,
})

const went: string[] = []
let time = 0
const press = keyHandler({ go: (path) => went.push(path), shows: (path) => path !== '/queue', now: () => time })
const key = (name: string, more: Partial<KeyboardEvent> & { typing?: boolean } = {}) => {
  const prevented = vi.fn()
  press({ key: name, target: { closest: () => (more.typing ? one : null) }, preventDefault: prevented, ...more } as unknown as KeyboardEvent)
  return prevented.mock.calls.length > 0
}
beforeEach(() => {
  went.length = 0
  focused.length = 0
  time += 10_000
  dialog = false
  clicked.mockClear()
  helping.value = false
  allowShortcuts(true)
})

it('lead on after g, for a moment', () => {
  key('g')
  expect(key('d')).toBe(true)
  expect(went).toEqual(['/domains'])
  expect(key('d')).toBe(false)
  key('g')
  time += 2000
  key('d')
  expect(went).toEqual(['/domains'])
})
it('are letters where somebody types, in dialogs, and with other keys', () => {
  for (const more of [{ typing: true }, { ctrlKey: true }, { metaKey: true }, { altKey: true }]) expect(key('n', more)).toBe(false)
  dialog = true
  expect(key('?')).toBe(false)
  expect(clicked).not.toHaveBeenCalled()
  expect(helping.value).toBe(false)
})
it('open the list, press the button of a new one, and can be turned off', () => {
  expect(key('?')).toBe(true)
  expect(helping.value).toBe(true)
  key('n')
  expect(clicked).toHaveBeenCalledOnce()
  allowShortcuts(false)
  expect(key('n')).toBe(false)
  expect(clicked).toHaveBeenCalledOnce()
  expect(kept.get('posthouse.shortcuts')).toBe('off')
})
it('lead nowhere that the list does not show', () => {
  key('g')
  expect(key('q')).toBe(false)
  expect(went).toEqual([])
})
it('find the search, or else the first filter', () => {
  there = 'input[type=search]'
  key('/')
  there = '[role=search]'
  key('/')
  expect(focused).toEqual(['input[type=search]', '[role=search]'])
})
it('go by rows, whether they have a link or a button', () => {
  rows = [row('nothing', 'none'), row('link', 'th .link'), row('button', '.row-actions')]
  key('j')
  rows.pop()
  key('k')
  rows = [row('button', '.row-actions')]
  key('k')
  expect(focused).toEqual(['link', 'link', 'button'])
})
