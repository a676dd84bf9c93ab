import { expect, it } from 'vitest'
import { prefixFault } from './address-prefix'

it('takes what core takes', () => {
  for (const good of ['hello', 'a.b', 'A-1_x', "o'hara", '-a-', '+', '#!$%&*/=?^`{|}~', 'a'.repeat(64)]) expect(prefixFault(good), good).toBe('')
})

it('names what is wrong', () => {
  const wrong: Record<string, string> = { '': 'empty', 'a b': 'space', 'a@b': 'at', 'a@': 'at', '"q"': 'letters', 'a"b': 'letters', 'ü': 'letters', '张': 'letters', 'a,b': 'letters', 'a(b)': 'letters', '<a>': 'letters', 'a\\b': 'letters', '.a': 'dots', 'a.': 'dots', 'a..b': 'dots', ['a'.repeat(65)]: 'long' }
  for (const [prefix, fault] of Object.entries(wrong)) expect(prefixFault(prefix), prefix).toBe(fault)
})
