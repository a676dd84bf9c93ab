import { expect, it } from 'vitest'
import { looksLikeRecipient, splitRecipients } from './recipients'

it('are divided by lines, commas and semicolons', () => {
  expect(splitRecipients(' anna@example.com,bert@example.com;\n\ncarl@example.com ,')).toEqual(['anna@example.com', 'bert@example.com', 'carl@example.com'])
  expect(splitRecipients(' ,;\n')).toEqual([])
})

it('are not divided within quotes and angle brackets', () => {
  expect(splitRecipients('"Doe, Jane" <jane@example.com>, bert@example.com')).toEqual(['"Doe, Jane" <jane@example.com>', 'bert@example.com'])
  expect(splitRecipients('"a \\"b\\", c" <a@example.com>;"d;e"@example.com')).toEqual(['"a \\"b\\", c" <a@example.com>', '"d;e"@example.com'])
  expect(splitRecipients('Jane <"x,y"@example.com>')).toEqual(['Jane <"x,y"@example.com>'])
})

it('begin anew on each line, whatever was left open', () => {
  expect(splitRecipients('"Doe <jane@example.com>\nbert@example.com')).toEqual(['"Doe <jane@example.com>', 'bert@example.com'])
  expect(splitRecipients('Jane <jane@example.com\nbert@example.com')).toEqual(['Jane <jane@example.com', 'bert@example.com'])
  expect(splitRecipients('"a\\\nb@example.com')).toEqual(['"a', 'b@example.com'].map((one, at) => (at ? one : '"a\\')))
})

it('look like an address, with a name or without', () => {
  for (const good of ['a@b.c', '<a@b.c>', 'Jane <a@b.c>', '"Doe, Jane" <a@b.c>', '"Doe \\"J\\"" <a@b.c>', '"a b"@b.c', '张三 <a@例子.cn>', 'Jane <"x,y"@b.c>']) expect(looksLikeRecipient(good), good).toBe(true)
  for (const bad of ['', 'a', 'Doe', '@b.c', 'a@', 'a b@c.d', 'a@b@c', 'Jane <a@b.c', 'Jane a@b.c>', '"Doe <a@b.c>', 'Jane <>']) expect(looksLikeRecipient(bad), bad).toBe(false)
})

it('are read in no time, however long', () => {
  for (const unit of ['"', '<', '\\', '"\\', ',', 'a', '<"', '" '])
    for (const one of splitRecipients(unit.repeat(20_000))) looksLikeRecipient(one)
})
