import { expect, it } from 'vitest'
import { actionParts, changesOf } from './audit-changes'

it('names what differs, and what came or went', () => {
  expect(changesOf({ role: 'viewer', email: 'a@b.c', gone: 1 }, { role: 'developer', email: 'a@b.c', fresh: true })).toEqual([
    { name: 'role', before: 'viewer', after: 'developer' },
    { name: 'gone', before: '1', after: '' },
    { name: 'fresh', before: '', after: 'true' },
  ])
})

it('reads what is made, what is deleted, and what comes as text', () => {
  expect(changesOf(null, { name: 'ci' })).toEqual([{ name: 'name', before: '', after: 'ci' }])
  expect(changesOf('{"name":"ci"}', 'null')).toEqual([{ name: 'name', before: 'ci', after: '' }])
})

it('keeps lists and objects apart from what only looks like them', () => {
  expect(changesOf({ domains: ['a', 'b'] }, { domains: ['a', 'b'] })).toEqual([])
  expect(changesOf({ lines: [{ a: 1 }] }, { lines: [] })).toEqual([{ name: 'lines', before: '[{"a":1}]', after: '' }])
  expect(changesOf({ free: 0 }, { free: false })).toEqual([{ name: 'free', before: '0', after: 'false' }])
})

it('tells an object by its members, also where there was none', () => {
  expect(changesOf({ policy: { domains: ['a'], actions: ['view'] } }, { policy: { domains: [], actions: ['view'] } })).toEqual([{ name: 'domains', before: 'a', after: '' }])
  expect(changesOf({ policy: null }, { policy: { actions: ['view', 'send'] } })).toEqual([{ name: 'actions', before: '', after: 'view, send' }])
  const deep = { a: { b: { c: { d: { e: 1 } } } } }
  expect(changesOf(null, deep)).toEqual([{ name: 'd', before: '', after: '{"e":1}' }])
})

it('has nothing to tell of what is no object', () => {
  for (const odd of [null, undefined, '', 'no json', '{', 5, [1], true]) expect(changesOf(odd, odd)).toEqual([])
})

it('takes an action apart', () => {
  expect(actionParts('domain.create')).toEqual({ area: 'domain', verb: 'create' })
  expect(actionParts('user.second_factor.reset')).toEqual({ area: 'user.second_factor', verb: 'reset' })
  expect(actionParts('odd')).toEqual({ area: 'odd', verb: '' })
})
