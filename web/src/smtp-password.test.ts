import { expect, it } from 'vitest'
import { generate, isGood, unmet } from './smtp-password'

it('takes what core takes', () => {
  for (const good of ['Abcdefgh12', 'aB3456789012345678!"', 'Courier-2026-road']) expect(isGood(good), good).toBe(true)
  for (const bad of ['', 'Abcdefg12', 'Abcdefghijklmnopqrs12', 'abcdefgh12', 'ABCDEFGH12', 'Abcdefghi1', 'Abc defg12', 'Äbcdefgh12A']) expect(isGood(bad), bad).toBe(false)
})

it('makes passwords that are good, and never twice the same', () => {
  const made = Array.from({ length: 200 }, () => generate())
  for (const one of made) expect(isGood(one), one).toBe(true)
  expect(new Set(made).size).toBe(200)
})

it('names the rules that are not kept', () => {
  expect(unmet('Courier-2026-road')).toEqual([])
  expect(unmet('Cour ier-2026')).toEqual(['ascii'])
  expect(unmet('Courier-2026é')).toEqual(['ascii'])
  expect(unmet('courier')).toEqual(['length', 'digits', 'upper'])
})
