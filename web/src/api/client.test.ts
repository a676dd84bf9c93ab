import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { answered, call, line } from './client'

let away = true
let asked: string[] = []
beforeEach(() => {
  vi.useFakeTimers()
  away = true
  asked = []
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path)
    if (away) throw new TypeError('away')
    return new Response('{}', { headers: { 'Content-Type': 'application/json' } })
  })
})
afterEach(() => {
  answered()
  vi.useRealTimers()
})

it('finds out by itself that the server is back, and then asks no more', async () => {
  await expect(call('key_list')).rejects.toMatchObject({ reason: 'unreachable' })
  expect(line.away).toBe(true)
  await vi.advanceTimersByTimeAsync(7_000)
  expect(asked).toEqual(['/api/v1/keys', '/api/v1/session', '/api/v1/session'])
  away = false
  await vi.advanceTimersByTimeAsync(3_000)
  expect(line.away).toBe(false)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked.length).toBe(4)
})

it('asks no more where another way has shown that the server is there', async () => {
  await expect(call('key_list')).rejects.toMatchObject({ reason: 'unreachable' })
  answered()
  await vi.advanceTimersByTimeAsync(60_000)
  expect([line.away, asked.length]).toEqual([false, 1])
})
