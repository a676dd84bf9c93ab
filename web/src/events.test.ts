import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import type { Told } from '@/events'

vi.mock('@/session', async () => {
  const { computed, reactive } = await import('vue')
  const session = reactive({ role: '', email: '', ended: false, account: 0 })
  return { session, signedIn: computed(() => session.role !== '') }
})

class Source {
  static CLOSED = 2
  static all: Source[] = []
  readyState = 1
  closed = false
  private on: Record<string, (event: unknown) => void> = {}
  constructor(readonly url: string) {
    Source.all.push(this)
  }
  addEventListener(name: string, ear: (event: unknown) => void) {
    this.on[name] = ear
  }
  close() {
    this.closed = true
    this.readyState = Source.CLOSED
  }
  say(name: string, lastEventId = '', data = '{}') {
    this.on[name]?.({ lastEventId, data })
  }
  refuse() {
    this.readyState = Source.CLOSED
    this.on.error?.({})
  }
}

let seen: () => void = () => undefined
const page = {
  hidden: false,
  addEventListener: (_: string, ear: () => void) => (seen = ear),
  removeEventListener: () => undefined,
}
const last = () => Source.all.at(-1)!
const event = (type: string) => JSON.stringify({ id: 'x', type })

async function fresh() {
  vi.resetModules()
  const events = await import('@/events')
  const { session } = await import('@/session')
  Object.assign(session, { role: 'owner', email: 'a@b', ended: false, account: 0 })
  await nextTick()
  const heard: Array<string | undefined> = []
  const deaf = events.hear((told: Told | undefined) => heard.push(told?.type))
  return { events, session, heard, deaf }
}

beforeEach(() => {
  vi.useFakeTimers()
  Source.all = []
  page.hidden = false
  vi.stubGlobal('document', page)
  vi.stubGlobal('EventSource', Source)
})

afterEach(() => vi.clearAllTimers())

it('tells all pages of one stream, and that something may be missed where it begins', async () => {
  const { events, heard } = await fresh()
  const more: Array<string | undefined> = []
  events.hear((told) => more.push(told?.type))
  expect(Source.all.map((one) => one.url)).toEqual(['/api/v1/events/stream'])
  expect(events.telling.value).toBe(false)
  last().say('begin', 'c1')
  last().say('message', 'c2', event('delivered'))
  expect(events.telling.value).toBe(true)
  expect(heard).toEqual([undefined, 'delivered'])
  expect(more).toEqual([undefined, 'delivered'])
})

it('comes back by its cursor after the server ended it, with nothing missed', async () => {
  const { events, heard } = await fresh()
  last().say('begin', 'c1')
  last().say('message', 'c2', event('accepted'))
  const first = last()
  first.say('end', '', '{"reason":"temporary"}')
  expect(first.closed).toBe(true)
  expect(events.telling.value).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(last().url).toBe('/api/v1/events/stream?after=c2')
  last().say('begin', 'c2')
  last().say('message', 'c3', event('delivered'))
  // What the old one still says counts no more.
  first.say('message', 'c9', event('bounced'))
  expect(heard).toEqual([undefined, 'accepted', 'delivered'])
})

it('leaves a connection that was cut to the browser, which says where it was', async () => {
  const { events, heard } = await fresh()
  last().say('begin', 'c1')
  last().readyState = 0
  last().say('error')
  expect(events.telling.value).toBe(false)
  expect(Source.all.length).toBe(1)
  last().readyState = 1
  last().say('begin', 'c1')
  expect(events.telling.value).toBe(true)
  expect(heard).toEqual([undefined])
})

it('tries again ever more rarely while it is refused', async () => {
  const { events } = await fresh()
  for (const wait of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    const before = Source.all.length
    last().refuse()
    expect(events.telling.value).toBe(false)
    await vi.advanceTimersByTimeAsync(wait - 1)
    expect(Source.all.length).toBe(before)
    await vi.advanceTimersByTimeAsync(1)
    expect(Source.all.length).toBe(before + 1)
  }
  last().say('begin', 'c1')
  last().refuse()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(last().url).toBe('/api/v1/events/stream?after=c1')
})

it('holds no stream in a hidden tab, and goes on where it was', async () => {
  const { heard } = await fresh()
  last().say('begin', 'c1')
  page.hidden = true
  seen()
  expect(last().closed).toBe(true)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(Source.all.length).toBe(1)
  page.hidden = false
  seen()
  expect(last().url).toBe('/api/v1/events/stream?after=c1')
  last().say('begin', 'c1')
  expect(heard).toEqual([undefined])
  // After long the page is asked anew: so much need not be told.
  page.hidden = true
  seen()
  await vi.advanceTimersByTimeAsync(61_000)
  page.hidden = false
  seen()
  expect(last().url).toBe('/api/v1/events/stream')
  last().say('begin', 'c7')
  expect(heard).toEqual([undefined, undefined])
})

it('ends with the session, and with the last page that hears', async () => {
  const { session, deaf, events } = await fresh()
  last().say('begin', 'c1')
  session.ended = true
  await nextTick()
  expect(last().closed).toBe(true)
  session.ended = false
  await nextTick()
  expect(last().url).toBe('/api/v1/events/stream?after=c1')
  // Another page comes at once: the stream stays.
  deaf()
  const next = events.hear(() => undefined)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(last().closed).toBe(false)
  next()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(last().closed).toBe(true)
  Object.assign(session, { role: '', email: '' })
  await nextTick()
  const before = Source.all.length
  events.hear(() => undefined)
  expect(Source.all.length).toBe(before)
})

it('hears the account that the operator has chosen, from its own beginning', async () => {
  const { session } = await fresh()
  last().say('begin', 'c1')
  const client = await import('@/api/client')
  client.link.account = 7
  session.account = 7
  await nextTick()
  expect(Source.all[0].closed).toBe(true)
  expect(last().url).toBe('/api/v1/events/stream?account=7')
})

it('does without where the browser knows no streams', async () => {
  vi.stubGlobal('EventSource', undefined)
  const { events } = await fresh()
  expect(Source.all.length).toBe(0)
  expect(events.telling.value).toBe(false)
})
