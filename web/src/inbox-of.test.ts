import { expect, it } from 'vitest'
import type { InboxMail, MessageView } from '@/api/generated'
import { inboxOf, looksAgain } from './inbox-of'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString()
const mail = (id: number, message: string) => ({ id: String(id), message, received_at: at(id) }) as InboxMail
const view = (...states: string[]) =>
  ({ id: 'm', created_at: at(100), recipients: states.map((state) => ({ state, updated_at: at(101) })) }) as MessageView

// An inbox of two mails a page; tells how many pages were asked for.
function inbox(mails: InboxMail[]) {
  let pages = 0
  const load = async (cursor?: string) => {
    ++pages
    const from = Number(cursor ?? 0)
    return { items: mails.slice(from, from + 2), next_cursor: from + 2 < mails.length ? String(from + 2) : null }
  }
  return { load, pages: () => pages }
}

it('finds a mail below the newest ones, and looks no further than the message is old', async () => {
  const one = inbox([mail(200, 'x'), mail(199, 'x'), mail(198, 'x'), mail(102, 'm'), mail(90, 'x'), mail(80, 'x')])
  expect((await inboxOf(view('delivered'), one.load)).map(({ id }) => id)).toEqual(['102'])
  expect(one.pages()).toBe(2)
  const other = inbox([mail(99, 'x'), mail(98, 'x'), mail(97, 'x')])
  expect(await inboxOf(view('delivered'), other.load)).toEqual([])
  expect(other.pages()).toBe(1)
})

it('finds the mail of each recipient, and asks nothing where none was delivered', async () => {
  const one = inbox([mail(104, 'm'), mail(103, 'x'), mail(102, 'm')])
  expect((await inboxOf(view('delivered', 'delivered', 'bounced'), one.load)).length).toBe(2)
  const none = inbox([mail(104, 'x')])
  expect(await inboxOf(view('queued', 'bounced'), none.load)).toEqual([])
  expect(none.pages()).toBe(0)
})

it('looks again a few times after a delivery, and not for mails of long ago', () => {
  const soon = Date.parse(at(110))
  expect(looksAgain(view('delivered'), 0, 1, soon)).toBe(true)
  expect(looksAgain(view('delivered'), 1, 1, soon)).toBe(false)
  expect(looksAgain(view('delivered'), 0, 10, soon)).toBe(false)
  expect(looksAgain(view('delivered'), 0, 1, Date.parse(at(1_000)))).toBe(false)
  expect(looksAgain(view('queued'), 0, 1, soon)).toBe(false)
  expect(looksAgain(undefined, 0, 0, soon)).toBe(false)
})
