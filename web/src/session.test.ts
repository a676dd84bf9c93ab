import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Problem as ProblemType } from '@/api/client'

interface Asked {
  method: string
  path: string
  proof: string
}
type Answers = (asked: Asked) => { status: number; body?: unknown } | 'away'

const asked: Asked[] = []
const went: string[] = []
let answers: Answers = () => 'away'

vi.mock('@/i18n', () => ({ preferPerson: () => undefined }))

// As the server tells who is signed in, with the proof of the session's token.
const person = (email: string, csrf: string) => ({ signed_in: true, email, role: 'owner', csrf, account: 1 })
const refused = (status: number, reason: string) => ({ status, body: { status, reason, detail: reason } })

async function fresh() {
  vi.resetModules()
  const client = await import('@/api/client')
  const session = await import('@/session')
  return { ...client, ...session }
}

beforeEach(() => {
  asked.length = 0
  went.length = 0
  const kept = new Map<string, string>()
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) }
  vi.stubGlobal('localStorage', storage)
  vi.stubGlobal('sessionStorage', storage)
  vi.stubGlobal('location', { assign: (to: string) => void went.push(to) })
  vi.stubGlobal('fetch', async (path: string, init: { method: string; headers: Record<string, string> }) => {
    const one = { method: init.method, path, proof: init.headers['X-Posthouse-Csrf'] ?? '' }
    asked.push(one)
    const answer = answers(one)
    if (answer === 'away') throw new TypeError('away')
    const body = answer.body === undefined ? null : JSON.stringify(answer.body)
    return new Response(body, { status: answer.status, headers: { 'Content-Type': 'application/json' } })
  })
})

describe('a sign-out', () => {
  it('asks again with the proof of the session that another tab has renewed', async () => {
    const { probe, signOut } = await fresh()
    answers = () => ({ status: 200, body: person('a@house.example', 'old') })
    await probe()
    answers = ({ method, proof }) => {
      if (method === 'GET') return { status: 200, body: person('a@house.example', 'new') }
      return proof === 'new' ? { status: 204 } : refused(403, 'forbidden')
    }
    asked.length = 0
    await signOut()
    expect(asked.map(({ method, proof }) => `${method} ${proof}`)).toEqual(['DELETE old', 'GET ', 'DELETE new'])
  })

  it('leaves no draft behind', async () => {
    const { probe, signOut } = await fresh()
    answers = () => ({ status: 200, body: person('a@house.example', 'old') })
    await probe()
    const { keepDraft, keptDraft } = await import('@/draft')
    keepDraft('a@house.example', { ...keptDraft('a@house.example'), subject: 'between us' })
    answers = () => ({ status: 204 })
    await signOut()
    expect(keptDraft('a@house.example').subject).toBe('')
  })

  it('is content where the session has ended by itself', async () => {
    const { probe, signOut } = await fresh()
    answers = () => ({ status: 200, body: person('a@house.example', 'old') })
    await probe()
    answers = ({ method }) => (method === 'GET' ? { status: 200, body: { signed_in: false } } : refused(403, 'forbidden'))
    await signOut()
    expect(asked.filter(({ method }) => method === 'DELETE').length).toBe(1)
  })

  it('says so when the server has not heard it', async () => {
    const { probe, signOut, signedIn } = await fresh()
    answers = () => ({ status: 200, body: person('a@house.example', 'old') })
    await probe()
    answers = () => 'away'
    await expect(signOut()).rejects.toMatchObject({ reason: 'unreachable' })
    expect(signedIn.value).toBe(false)
    answers = ({ method }) => (method === 'GET' ? { status: 200, body: person('a@house.example', 'new') } : refused(403, 'forbidden'))
    await expect(signOut()).rejects.toMatchObject({ status: 403 })
  })
})

// A change by `mine` in a page whose session has ended; gives what became of it.
async function changeAfterEnd(then: (all: Awaited<ReturnType<typeof fresh>>) => Promise<void>) {
  const all = await fresh()
  answers = () => ({ status: 200, body: person('a@house.example', 'of a') })
  await all.probe()
  answers = ({ method }) => (method === 'GET' ? { status: 200, body: { signed_in: false } } : refused(401, 'unauthenticated'))
  const change = all.call('key_create', { body: { name: 'of a' } }).then(
    () => 'done',
    (error: ProblemType) => error.reason,
  )
  await vi.waitUntil(() => all.session.ended)
  asked.length = 0
  await then(all)
  return { became: await change, session: all.session }
}
const changes = () => asked.filter(({ path }) => path.startsWith('/api/v1/keys'))

describe('a change that waits for a new sign-in', () => {
  const welcome = (email: string): Answers => ({ path }) => (path === '/api/v1/session' ? { status: 200, body: person(email, 'fresh') } : { status: 201, body: { id: 1 } })

  it('is made when the same person signs in', async () => {
    const { became } = await changeAfterEnd(async ({ signIn }) => {
      answers = welcome('a@house.example')
      await signIn('a@house.example', 'correct horse')
    })
    expect(became).toBe('done')
    expect(changes().map(({ proof }) => proof)).toEqual(['fresh'])
    expect(went).toEqual([])
  })

  it('is dropped with its page when another person signs in', async () => {
    const { became, session } = await changeAfterEnd(async ({ signIn }) => {
      answers = welcome('b@house.example')
      await signIn('b@house.example', 'correct horse')
    })
    expect(became).toBe('unauthenticated')
    expect(changes()).toEqual([])
    expect(went).toEqual(['/overview'])
    expect(session.email).toBe('b@house.example')
  })

  it('is not tried again where another person has signed in in another tab', async () => {
    const all = await fresh()
    answers = () => ({ status: 200, body: person('a@house.example', 'of a') })
    await all.probe()
    asked.length = 0
    answers = ({ method, proof }) => {
      if (method === 'GET') return { status: 200, body: person('b@house.example', 'of b') }
      return proof === 'of b' ? { status: 201, body: { id: 1 } } : refused(403, 'forbidden')
    }
    await expect(all.call('key_create', { body: { name: 'of a' } })).rejects.toMatchObject({ status: 403 })
    expect(changes().length).toBe(1)
    expect(went).toEqual(['/overview'])
    // Nor is what the old page asks until the new one is there.
    await expect(all.call('key_create', { body: { name: 'of a' } })).rejects.toMatchObject({ status: 403 })
    expect(changes().map(({ proof }) => proof)).toEqual(['of a', ''])
    expect(went).toEqual(['/overview'])
  })

  it('is tried again where the same person has renewed the session in another tab', async () => {
    const all = await fresh()
    answers = () => ({ status: 200, body: person('a@house.example', 'of a') })
    await all.probe()
    asked.length = 0
    answers = ({ method, proof }) => {
      if (method === 'GET') return { status: 200, body: person('a@house.example', 'new') }
      return proof === 'new' ? { status: 201, body: { id: 1 } } : refused(403, 'forbidden')
    }
    await all.call('key_create', { body: { name: 'of a' } })
    expect(changes().map(({ proof }) => proof)).toEqual(['of a', 'new'])
    expect(went).toEqual([])
  })
})

describe('the account that an operator looks at', () => {
  const store = () => {
    const kept = new Map<string, string>()
    return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  }
  const shared = store()
  // A tab as it is opened or loaded again: what the browser keeps for it stays.
  async function opened(own: ReturnType<typeof store>, search = '') {
    vi.stubGlobal('localStorage', shared)
    vi.stubGlobal('sessionStorage', own)
    vi.stubGlobal('location', { search, assign: () => undefined })
    const all = await fresh()
    answers = ({ path }) =>
      path === '/api/v1/session'
        ? { status: 200, body: { ...person('op@house.example', 'of op'), role: 'operator' } }
        : { status: 200, body: { items: [1, 2, 3].map((id) => ({ id })), next_cursor: null } }
    await all.probe()
    await all.loadAccounts()
    return all
  }

  it('is of the tab, begins with the last one chosen, and follows a link', async () => {
    const [a, b] = [store(), store()]
    const first = await opened(a)
    expect(first.session.account).toBe(1)
    first.chooseAccount(2)
    const second = await opened(b)
    expect(second.session.account).toBe(2)
    second.chooseAccount(3)
    expect((await opened(a)).session.account).toBe(2)
    expect((await opened(store())).session.account).toBe(3)
    expect((await opened(b, '?account=1')).link.account).toBe(1)
    expect((await opened(store())).session.account).toBe(3) // a link changes no other tab
    expect((await opened(store(), '?account=99')).session.account).toBe(1)
  })
})

describe('what a person may do', () => {
  async function as(role: string, policy: unknown = null) {
    const all = await fresh()
    answers = () => ({ status: 200, body: { ...person('a@house.example', 'x'), role, policy } })
    await all.probe()
    return all
  }

  it('is what the role gives, less what a policy takes away', async () => {
    const { may } = await as('developer')
    expect(['send', 'keys', 'users', 'domains'].map(may)).toEqual([true, true, false, false])
    const narrowed = await as('developer', { domains: [], actions: ['view', 'manage_keys', 'manage_users'] })
    expect(['send', 'keys', 'users', 'domains'].map(narrowed.may)).toEqual([false, true, false, false])
    const elsewhere = await as('administrator', { domains: ['a.example'], actions: [] })
    expect(['send', 'keys', 'users', 'domains'].map(elsewhere.may)).toEqual([true, true, true, true])
  })

  it('is given on only by those who have it', async () => {
    expect((await as('administrator')).rolesToGive()).toEqual(['administrator', 'developer', 'viewer'])
    expect((await as('owner')).rolesToGive()).toContain('owner')
    expect((await as('operator')).rolesToGive()).toContain('owner')
  })

  it('ends with the session', async () => {
    const { may, session, signOut } = await as('owner')
    session.accountName = 'acme'
    answers = () => ({ status: 204 })
    await signOut()
    expect(may('users')).toBe(false)
    expect([session.accountName, session.secondFactor, session.impersonating]).toEqual(['', false, null])
  })
})

it('gives the code of the second factor with the password, and only where there is one', async () => {
  const { signIn } = await fresh()
  const bodies: unknown[] = []
  const before = globalThis.fetch
  vi.stubGlobal('fetch', (path: string, init: { method: string; headers: Record<string, string>; body?: string }) => {
    if (init.body) bodies.push(JSON.parse(init.body))
    return before(path, init)
  })
  answers = ({ path }) => (path === '/api/v1/session' ? { status: 200, body: person('a@house.example', 'x') } : { status: 200, body: { items: [], next_cursor: null } })
  await signIn('a@house.example', 'correct horse')
  await signIn('a@house.example', 'correct horse', '123456')
  expect(bodies).toEqual([{ email: 'a@house.example', password: 'correct horse' }, { email: 'a@house.example', password: 'correct horse', code: '123456' }])
})
