import { beforeEach, expect, it, vi } from 'vitest'
import { effectScope, nextTick } from 'vue'
import type { Ear, Told } from '@/events'

const stream = vi.hoisted(() => ({ ears: new Set<unknown>(), telling: undefined as unknown }))
vi.mock('@/events', async () => {
  const { ref } = await import('vue')
  stream.telling = ref(false)
  return {
    telling: stream.telling,
    hear: (ear: Ear) => {
      stream.ears.add(ear)
      return () => stream.ears.delete(ear)
    },
  }
})
const { useLive } = await import('./live')
const { line, Problem } = await import('./api/client')

const tell = (type?: string) =>
  stream.ears.forEach((ear) => (ear as Ear)(type ? ({ type } as unknown as Told) : undefined))
const telling = (now: boolean) => ((stream.telling as { value: boolean }).value = now)
const page = { hidden: false, addEventListener: () => undefined, removeEventListener: () => undefined }

beforeEach(() => {
  vi.useFakeTimers()
  stream.ears.clear()
  telling(false)
  page.hidden = false
  vi.stubGlobal('document', page)
  vi.stubGlobal('addEventListener', page.addEventListener)
  vi.stubGlobal('removeEventListener', page.removeEventListener)
})

// A page in a scope of its own, whose answers count how often it asked.
function shown(every: () => number, hears = {}) {
  let asked = 0
  const scope = effectScope()
  const live = scope.run(() => useLive(async () => ++asked, every, hears))!
  return { live, stop: () => scope.stop(), asked: () => asked }
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

it('keeps what a change has answered when an older look comes back later', async () => {
  let answer: (value: string) => void = () => undefined
  const scope = effectScope()
  const live = scope.run(() => useLive(() => new Promise<string>((resolve) => (answer = resolve))))!
  live.put('newer')
  expect(live.loading.value).toBe(false)
  answer('older')
  await pass(0)
  expect(live.data.value).toBe('newer')
  const again = live.refresh()
  answer('newest')
  await again
  expect(live.data.value).toBe('newest')
  scope.stop()
})

it('asks from time to time, more rarely where the server tells', async () => {
  const one = shown(() => 1_000, { rest: 10_000 })
  await pass(3_500)
  expect(one.asked()).toBe(4)
  telling(true)
  await nextTick()
  await pass(9_900)
  expect(one.asked()).toBe(4)
  await pass(200)
  expect(one.asked()).toBe(5)
  telling(false)
  await nextTick()
  await pass(1_000)
  expect(one.asked()).toBe(6)
  one.stop()
})

it('asks at once what an event says has changed, and not for others', async () => {
  const one = shown(() => 0, { of: (event: Told) => event.type === 'delivered' })
  await pass(1_000)
  tell('accepted')
  await pass(1_000)
  expect(one.asked()).toBe(1)
  tell('delivered')
  await pass(0)
  expect(one.asked()).toBe(2)
  one.stop()
})

it('asks once for many events, and no page that nobody keeps fresh', async () => {
  const kept = shown(() => 60_000, { rest: 60_000 })
  const still = shown(() => 0)
  await pass(40_000)
  for (let i = 0; i < 100; ++i) tell('delivered')
  await pass(5_000)
  expect(kept.asked()).toBe(2)
  for (let i = 0; i < 100; ++i) tell('delivered')
  await pass(20_000)
  expect(kept.asked()).toBe(2) // not sooner than half of what it would wait anyway
  await pass(10_000)
  expect(kept.asked()).toBe(3)
  expect(still.asked()).toBe(1)
  tell() // something may have been missed
  await pass(40_000)
  expect(kept.asked()).toBe(4)
  kept.stop()
  still.stop()
  expect(stream.ears.size).toBe(0)
})

it('does not lose an answer to the events that come meanwhile', async () => {
  let asked = 0
  const scope = effectScope()
  const slow = () => new Promise<number>((resolve) => setTimeout(() => resolve(++asked), 1_000))
  const live = scope.run(() => useLive(slow, () => 0, { of: () => true }))!
  for (let i = 0; i < 25; ++i) {
    tell('delivered')
    await pass(100)
  }
  expect(live.data.value).toBe(2)
  await pass(3_000)
  expect(live.data.value).toBe(4)
  await pass(5_000)
  expect(asked).toBe(4)
  scope.stop()
})

it('asks nothing in a hidden tab', async () => {
  const one = shown(() => 1_000, { of: () => true })
  await pass(0)
  page.hidden = true
  tell('delivered')
  await pass(100)
  expect(one.asked()).toBe(1)
  one.stop()
})

it('asks soon again where an answer failed, though the server tells', async () => {
  telling(true)
  let fail = false
  const scope = effectScope()
  const load = async () => {
    if (fail) throw new Error('away')
    return 1
  }
  const live = scope.run(() => useLive(load, () => 1_000, { rest: 60_000 }))!
  await pass(0)
  fail = true
  await live.refresh()
  expect(live.problem.value).toBeDefined()
  fail = false
  await pass(1_000)
  expect(live.problem.value).toBeUndefined()
  scope.stop()
})

it('asks again what nobody answered as soon as somebody does', async () => {
  let away = true
  const scope = effectScope()
  const load = async () => {
    if (away) throw new Problem(0, 'unreachable', '')
    return 1
  }
  line.away = true
  const live = scope.run(() => useLive(load))!
  await pass(0)
  expect(live.problem.value?.reason).toBe('unreachable')
  away = false
  line.away = false
  await nextTick()
  await pass(0)
  expect([live.problem.value, live.data.value]).toEqual([undefined, 1])
  scope.stop()
})

it('asks again when the person comes back, where nobody tells of changes', async () => {
  const focus = new Set<() => void>()
  vi.stubGlobal('addEventListener', (name: string, heard: () => void) => name === 'focus' && focus.add(heard))
  vi.stubGlobal('removeEventListener', (_: string, heard: () => void) => focus.delete(heard))
  const one = shown(() => 0, { seen: true })
  const other = shown(() => 0)
  await pass(2_000)
  focus.forEach((heard) => heard())
  focus.forEach((heard) => heard())
  await pass(0)
  expect([one.asked(), other.asked()]).toEqual([2, 1])
  one.stop()
  other.stop()
  expect(focus.size).toBe(0)
})
