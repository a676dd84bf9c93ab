// The page before this one, as the router keeps it in the browser's history.
import type { Router } from 'vue-router'

// Its whole address with the filters, where it is of this path; else the path alone.
export function cameFrom(path: string, back: unknown): string {
  if (typeof back !== 'string') return path
  const { pathname, searchParams } = new URL(back, 'http://console')
  if (pathname !== path) return path
  searchParams.delete('account') // which is as it is now
  const query = searchParams.toString()
  return query ? `${path}?${query}` : path
}

interface Place {
  path: string
  query?: Record<string, unknown>
}

type Entry = { back?: unknown } | null | undefined
let leaving: Entry // going back takes a moment: the same dialog is not left twice

// From a dialog to what lies under it: back, where it was opened from there; else in its place.
export function closeTo(router: Pick<Router, 'back' | 'replace'>, under: Place, entry: Entry = globalThis.history?.state) {
  if (entry && entry === leaving) return
  const back = entry?.back
  const opener = typeof back === 'string' ? new URL(back, 'http://console') : undefined
  if (opener?.pathname === under.path && !opener.searchParams.has('add')) {
    leaving = entry
    router.back()
  } else void router.replace(under as Parameters<Router['replace']>[0])
}
