import { expect, it } from 'vitest'
import { linkToken } from './link-token'

it('takes the token of a link, whatever stands around it', () => {
  expect(linkToken('#token=aB-_9')).toBe('aB-_9')
  expect(linkToken('#lang=zh&token=aB-_9%20')).toBe('aB-_9')
  expect(linkToken('token=aB')).toBe('aB')
})

it('says nothing where a link has lost it', () => {
  for (const hash of ['', '#', '#token', '#token=', '#other=1', '#tokens=1']) expect(linkToken(hash)).toBe('')
})
