import { beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { line } from '@/api/client'
import { arrived, isMissingCode, keepWish } from './wish'

const server = vi.hoisted(() => ({ there: true }))
vi.mock('@/api/client', async () => {
  const { reactive } = await import('vue')
  const line = reactive({ away: false })
  return { line, answers: async () => !(line.away = !server.there) }
})

const did: string[] = []
const ways = {
  go: (path: string) => void did.push(`go ${path}`),
  load: (path: string) => void did.push(`load ${path}`),
  fail: () => void did.push('fail'),
}
async function back() {
  server.there = true
  line.away = false
  await nextTick()
}

beforeEach(() => {
  const kept = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  })
  server.there = true
  line.away = false
  did.length = 0
  arrived()
})

it('goes to the wished page when the server is back, once', async () => {
  server.there = false
  await keepWish('/keys', ways)
  expect([did, line.away]).toEqual([[], true])
  await back()
  line.away = true
  await nextTick()
  await back()
  expect(did).toEqual(['go /keys'])
})

it('goes to the last of several wishes, and to none after another page has come', async () => {
  server.there = false
  await keepWish('/keys', ways)
  await keepWish('/queue', ways)
  await back()
  expect(did).toEqual(['go /queue'])
  server.there = false
  await keepWish('/send', ways)
  arrived()
  await back()
  expect(did).toEqual(['go /queue'])
})

it('loads the whole page where the server has other files now, but not again and again', async () => {
  await keepWish('/keys', ways)
  await keepWish('/keys', ways)
  expect(did).toEqual(['load /keys', 'fail'])
  arrived()
  await keepWish('/keys', ways)
  expect(did[2]).toBe('load /keys')
})

it('knows code that did not come from what the code itself does wrong', () => {
  expect(isMissingCode(new TypeError('Failed to fetch dynamically imported module: http://x/a.js'))).toBe(true)
  expect(isMissingCode(new TypeError('Importing a module script failed.'))).toBe(true)
  expect(isMissingCode(new TypeError('x is not a function'))).toBe(false)
})
