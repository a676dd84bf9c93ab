import { expect, it, vi } from 'vitest'
import type { Setting } from '@/api/generated'

vi.mock('@/i18n', () => ({ localeTag: { value: 'en' } }))
const { changedValues, faultOf, groupsOf, shownValue } = await import('./settings')

const setting = (name: string, more: Partial<Setting> = {}): Setting => ({ name, kind: 'number', value: '10', fallback: '10', words: [], help: '', least: 0, most: 100, per_account: true, own: false, ...more })
const secret = setting('billing.webhook_secret', { kind: 'secret', value: 'set', least: 16, most: 255 })

it('are grouped by what stands before the dot, in their order', () => {
  const groups = groupsOf([setting('a.x'), setting('b.y'), setting('a.z')])
  expect(groups.map(({ key, items }) => `${key}: ${items.map((one) => one.name)}`)).toEqual(['a: a.x,a.z', 'b: b.y'])
})
it('show no secret, and of an account only what is its own', () => {
  expect(shownValue(secret, false)).toBe('')
  expect(shownValue(setting('a.x'), false)).toBe('10')
  expect(shownValue(setting('a.x'), true)).toBe('')
  expect(shownValue(setting('a.x', { own: true }), true)).toBe('10')
})
it('are sent only where they were changed', () => {
  const items = [setting('a.x'), setting('a.y'), secret]
  expect(changedValues(items, { 'a.x': '10', 'a.y': '1,0 20', 'billing.webhook_secret': '' }, false)).toEqual({ 'a.y': '1020' })
  expect(changedValues(items, { 'a.x': '', 'a.y': '10', 'billing.webhook_secret': 'sixteen letters!' }, false)).toEqual({ 'a.x': '', 'billing.webhook_secret': 'sixteen letters!' })
  expect(changedValues([setting('a.x', { own: true })], { 'a.x': '' }, true)).toEqual({ 'a.x': '' })
  expect(changedValues([setting('a.x')], { 'a.x': '' }, true)).toEqual({})
})
it('say what is wrong before they are sent', () => {
  const n = setting('a.x', { least: 1, most: 20 })
  expect(['', '1', '20', '0', '21', 'x', '-1', '1.5'].map((text) => faultOf(n, text, false))).toEqual(['', '', '', 'number', 'number', 'number', 'number', 'number'])
  const text = setting('a.t', { kind: 'text', value: '', most: 5 })
  expect(['abcde', 'abcdef', '中文'].map((value) => faultOf(text, value, false))).toEqual(['', 'length', 'length'])
  expect(['', 'short', 'sixteen letters!'].map((value) => faultOf(secret, value, false))).toEqual(['', 'short', ''])
})
