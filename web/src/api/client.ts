// One call of the API: typed by the document that the program serves. Knows the session's proof,
// and asks for a new sign-in when the session has ended, so that nothing typed is lost.
import { reactive } from 'vue'
import { operations, type Operations, type Problem as ProblemBody } from './generated'

export type Name = keyof Operations
export type Answer<N extends Name> = Operations[N]['answer']

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    readonly detail: string,
    readonly field = '',
  ) {
    super(detail || reason)
  }
}

export interface Given<N extends Name> {
  path?: Operations[N]['path']
  query?: Record<string, string | number | undefined>
  body?: Operations[N]['body']
  headers?: Record<string, string>
}

// What the session gives to calls; session.ts fills it in.
export const link = {
  csrf: '',
  account: 0, // of an operator: whose things are meant
  // The session is not live: true when it is again, and the call may be tried once more.
  revive: async (): Promise<boolean> => false,
}

// Whether the last call got an answer at all.
export const line = reactive({ away: false })
const pause = 3_000 // ms before it is asked again whether the server is back
let asking: ReturnType<typeof setTimeout> | undefined

export function answered() {
  clearTimeout(asking)
  asking = undefined
  line.away = false
}

// Whoever shows the page may have nothing more to ask: the line finds out by itself.
function unanswered() {
  line.away = true
  clearTimeout(asking)
  asking = setTimeout(() => void answers(), pause)
}

// Whether the server is there, asked by the cheapest call.
export async function answers(): Promise<boolean> {
  try {
    await once('session_get', {})
    return true
  } catch {
    return false
  }
}

// These are about the installation, whatever account is chosen.
const global = /^(account_list|account_create|queue_|installation)/

function urlOf<N extends Name>(name: N, given: Given<N>): string {
  const { path, query } = operations[name]
  const values = (given.path ?? {}) as Record<string, string | number>
  let url = path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(values[key]))
  const all: Record<string, string | number | undefined> = { ...given.query }
  if (query.includes('account') && link.account && !global.test(name)) all.account ??= link.account
  const text = Object.entries(all)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`)
    .join('&')
  if (text) url += `?${text}`
  return url
}

export const addressOf = urlOf

const patience = 30_000 // ms that an answer may take

async function once<N extends Name>(name: N, given: Given<N>): Promise<Response> {
  const { method } = operations[name]
  const headers: Record<string, string> = { ...given.headers }
  if (given.body !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET' && link.csrf) headers['X-Posthouse-Csrf'] ??= link.csrf
  try {
    const response = await fetch(urlOf(name, given), {
      method,
      headers,
      body: given.body === undefined ? undefined : JSON.stringify(given.body),
      signal: AbortSignal.timeout(patience),
    })
    answered()
    return response
  } catch {
    unanswered()
    throw new Problem(0, 'unreachable', '')
  }
}

export function problemFrom(status: number, body: unknown): Problem {
  if (body !== null && typeof body === 'object' && 'reason' in body) {
    const { reason, detail, field } = body as ProblemBody
    return new Problem(status, reason, detail, field)
  }
  return new Problem(status, status >= 500 ? 'internal' : 'malformed', '')
}

const problemOf = async (response: Response) => problemFrom(response.status, await response.json().catch(() => undefined))

export async function call<N extends Name>(name: N, given: Given<N> = {}): Promise<Answer<N>> {
  let response = await once(name, given)
  const ended = response.status === 401 && !/^(session_|setup$)/.test(name)
  // Another tab may have renewed the session: its proof is another one now.
  const stale = response.status === 403 && operations[name].method !== 'GET'
  if ((ended || stale) && (await link.revive())) response = await once(name, given)
  if (!response.ok) throw await problemOf(response)
  if (response.status === 204) return undefined as Answer<N>
  const json = response.headers.get('Content-Type')?.includes('json')
  return (await (json ? response.json() : response.text())) as Answer<N>
}
