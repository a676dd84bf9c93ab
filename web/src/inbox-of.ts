// The mails of one message in the sandbox's inbox, which is listed newest first.
import type { InboxMail, MessageView } from '@/api/generated'
import type { Page } from '@/list'

const most = 10 // pages that are looked through
const recent = 60_000 // ms after a delivery in which its mail may still come
const tries = 10

export const deliveredOf = (view?: MessageView) => view?.recipients.filter((one) => one.state === 'delivered') ?? []

export async function inboxOf(view: MessageView, load: (cursor?: string) => Promise<Page<InboxMail>>): Promise<InboxMail[]> {
  const wanted = deliveredOf(view).length
  const found: InboxMail[] = []
  for (let page = 0, cursor: string | undefined; wanted && page < most; ++page) {
    const { items, next_cursor } = await load(cursor)
    found.push(...items.filter((mail) => mail.message === view.id))
    const last = items.at(-1)
    // What came before the message was accepted is not of it.
    const older = !last || Date.parse(last.received_at) < Date.parse(view.created_at)
    if (found.length >= wanted || older || !next_cursor) break
    cursor = next_cursor
  }
  return found
}

// Whether it is worth to look once more: a mail comes a moment after its delivery is known.
export function looksAgain(view: MessageView | undefined, found: number, looks: number, now = Date.now()): boolean {
  const delivered = deliveredOf(view)
  if (found >= delivered.length) return false
  return looks < tries && delivered.some((one) => now - Date.parse(one.updated_at) < recent)
}
