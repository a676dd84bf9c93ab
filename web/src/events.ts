// What happens, as it happens: one stream of the server's events for all that this tab shows. Where
// the server does not tell (too many streams, a proxy that keeps them back), pages go on asking.
// It comes back by its cursor, so that nothing is missed and nothing told twice.
import { ref, watch } from 'vue'
import { answered, link } from '@/api/client'
import type { Event as Told } from '@/api/generated'
import { session, signedIn } from '@/session'

export type { Told }
// `undefined`: something may have been missed.
export type Ear = (event: Told | undefined) => void

// True while the server tells.
export const telling = ref(false)

const ears = new Set<Ear>()
const linger = 2_000 // ms that the stream stays between two pages
const longest = 60_000 // ms away after which the page is asked anew instead
let source: EventSource | undefined
let cursor = ''
let account = 0 // whose events the cursor is among
let left = 0 // when the tab was hidden
let pause = 0 // ms before the next try
let retry: ReturnType<typeof setTimeout> | undefined
let closing: ReturnType<typeof setTimeout> | undefined

const wanted = () =>
  ears.size > 0 && !document.hidden && signedIn.value && !session.ended && typeof EventSource !== 'undefined'

function tell(event: Told | undefined) {
  for (const ear of [...ears]) ear(event)
}

function later(ms: number) {
  clearTimeout(retry)
  retry = setTimeout(open, ms)
}

function close() {
  clearTimeout(retry)
  source?.close()
  source = undefined
  telling.value = false
}

function refused() {
  close()
  pause = Math.min(pause * 2 || 5_000, 60_000)
  later(pause)
}

function addressFor(): string {
  if (account !== link.account) {
    account = link.account
    cursor = ''
  }
  const query = new URLSearchParams()
  if (account) query.set('account', String(account))
  if (cursor) query.set('after', cursor)
  const text = query.toString()
  return '/api/v1/events/stream' + (text ? `?${text}` : '')
}

function open() {
  clearTimeout(retry)
  if (source || !wanted()) return
  const mine = new EventSource(addressFor())
  source = mine
  let resumed = cursor !== ''
  const live = (event: MessageEvent) => {
    if (source !== mine) return false
    cursor = event.lastEventId
    return true
  }
  mine.addEventListener('begin', (event) => {
    if (!live(event)) return
    pause = 0
    answered()
    telling.value = true
    if (!resumed) tell(undefined)
    resumed = true // when the browser comes back by itself, it says where it was
  })
  mine.addEventListener('message', (event) => {
    if (live(event)) tell(JSON.parse(event.data) as Told)
  })
  mine.addEventListener('end', () => {
    if (source !== mine) return
    // The session may have been renewed, or we were too slow: either way it goes on by the cursor.
    close()
    later(1_000)
  })
  mine.addEventListener('error', () => {
    if (source !== mine) return
    telling.value = false
    if (mine.readyState === EventSource.CLOSED) refused()
  })
}

function seen() {
  if (document.hidden) {
    left = Date.now()
    close()
    return
  }
  if (left && Date.now() - left > longest) cursor = ''
  left = 0
  open()
}

// Until the function that it gives is called.
export function hear(ear: Ear): () => void {
  clearTimeout(closing)
  if (ears.size === 0) document.addEventListener('visibilitychange', seen)
  ears.add(ear)
  open()
  return () => {
    ears.delete(ear)
    if (ears.size > 0) return
    document.removeEventListener('visibilitychange', seen)
    closing = setTimeout(() => {
      close()
      cursor = ''
    }, linger)
  }
}

// Another person, another account, or a session that has ended.
watch([signedIn, () => session.email, () => session.ended, () => session.account], () => {
  close()
  if (!signedIn.value) cursor = ''
  open()
})
