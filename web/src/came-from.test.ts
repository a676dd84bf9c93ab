import { expect, it, vi } from 'vitest'
import { cameFrom, closeTo } from './came-from'

it('leads back to the list as it was filtered', () => {
  expect(cameFrom('/messages', '/messages?state=held')).toBe('/messages?state=held')
  expect(cameFrom('/messages', '/messages')).toBe('/messages')
  expect(cameFrom('/messages', '/messages?state=held&account=2')).toBe('/messages?state=held')
  expect(cameFrom('/messages', '/messages?account=2')).toBe('/messages')
  expect(cameFrom('/messages', '/messages/17')).toBe('/messages')
  expect(cameFrom('/messages', '/overview')).toBe('/messages')
  expect(cameFrom('/messages', null)).toBe('/messages')
})

it('closes a dialog by going back to where it was opened', () => {
  const router = { back: vi.fn(), replace: vi.fn() }
  const under = { path: '/keys', query: {} }
  const entry = { back: '/keys?show=live' }
  closeTo(router, under, entry)
  closeTo(router, under, entry) // pressed twice
  expect([router.back.mock.calls.length, router.replace.mock.calls.length]).toEqual([1, 0])
  for (const other of ['/overview', '/keys?add=', null, undefined]) closeTo(router, under, { back: other })
  expect([router.back.mock.calls.length, router.replace.mock.calls]).toEqual([1, Array(4).fill([under])])
})
