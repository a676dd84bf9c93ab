// Who is signed in, and whose account is looked at.
import { computed, reactive } from 'vue'
import { call, link, Problem } from '@/api/client'
import type { Account, Session, Setup } from '@/api/generated'
import { forgetDraft } from '@/draft'
import { forgetFiles } from '@/draft-files'
import { preferPerson } from '@/i18n'

export type Role = 'operator' | 'owner' | 'administrator' | 'developer' | 'viewer'

export const session = reactive({
  asked: false, // the first question is over, with an answer or without
  known: false, // the server has answered
  setup: false, // nobody can sign in yet
  email: '',
  role: '' as Role | '',
  ended: false, // it was live, and is no more: the page stays, and a dialog asks to sign in again
  accounts: [] as Account[], // of the operator
  account: 0, // chosen by the operator
  // The account that a person is of, or that an operator acts in.
  accountId: 0,
  accountName: '',
  accountState: '',
  secondFactor: false,
  actions: [] as string[], // what a policy leaves of the role; none: all of it
  impersonating: null as Session['impersonating'] | null,
})

export const signedIn = computed(() => session.role !== '')
export const isOperator = computed(() => session.role === 'operator')

// As core's table of roles says (core/access.cpp); the server decides, this only hides.
const rights: Record<string, Role[]> = {
  send: ['operator', 'owner', 'administrator', 'developer'],
  domains: ['operator', 'owner', 'administrator'],
  addresses: ['operator', 'owner', 'administrator'],
  keys: ['operator', 'owner', 'administrator', 'developer'],
  users: ['operator', 'owner', 'administrator'],
  view: ['operator', 'owner', 'administrator', 'developer', 'viewer'],
  billing: ['operator', 'owner', 'administrator'],
  operate: ['operator'],
}
const actions: Record<string, string> = { send: 'send', domains: 'manage_domains', addresses: 'manage_addresses', keys: 'manage_keys', users: 'manage_users', billing: 'manage_users', view: 'view' }
export const may = (what: keyof typeof rights) =>
  session.role !== '' && rights[what].includes(session.role) && (!session.actions.length || session.actions.includes(actions[what]))

// Nobody gives more than he has.
export const rolesToGive = (): Role[] => {
  const all: Role[] = ['owner', 'administrator', 'developer', 'viewer']
  return session.role === 'administrator' ? all.slice(1) : all
}

const chosen = 'posthouse.account'
let waiting: Array<(live: boolean) => void> = []
let leaving = false

function take(answer: Session) {
  link.csrf = answer.csrf ?? ''
  session.known = true
  session.setup = answer.setup ?? false
  if (!answer.signed_in) return
  session.email = answer.email ?? ''
  session.role = (answer.role ?? '') as Role
  session.accountId = answer.account_id ?? 0
  session.accountName = answer.account_name ?? ''
  session.accountState = answer.account_state ?? ''
  session.secondFactor = answer.second_factor ?? false
  session.actions = answer.policy?.actions ?? []
  session.impersonating = answer.impersonating ?? null
  session.ended = false
  preferPerson(answer.language ?? '')
}

// In this tab; another one may look at another account.
export function lookAt(id: number) {
  session.account = id
  link.account = id
  sessionStorage.setItem(chosen, String(id))
}

// New tabs begin with it.
export function chooseAccount(id: number) {
  lookAt(id)
  localStorage.setItem(chosen, String(id))
}

// What the address asks for, what this tab had, or what was chosen last in any.
function lastAccount(): number {
  const named = new URLSearchParams(location.search).get('account')
  return Number(named || sessionStorage.getItem(chosen) || localStorage.getItem(chosen))
}

export async function loadAccounts() {
  if (!isOperator.value) return
  const all: Account[] = []
  for (let cursor: string | undefined; ; ) {
    const page = await call('account_list', { query: { limit: 200, cursor } })
    all.push(...page.items)
    if (!page.next_cursor || all.length >= 1000) break
    cursor = page.next_cursor
  }
  session.accounts = all
  const wanted = session.account || lastAccount()
  const found = all.find((account) => account.id === wanted) ?? all[0]
  lookAt(found ? found.id : 0)
}

// Asks who is signed in. An answer that does not come leaves what was known.
export async function probe(): Promise<boolean> {
  const answer = await call('session_get')
  take(answer)
  return answer.signed_in
}

// `code`: of the second factor, or a recovery code.
export async function signIn(email: string, password: string, code = '') {
  const before = session.email
  take(await call('session_create', { body: { email, password, ...(code ? { code } : {}) } }))
  if (before && before !== session.email) return makeWay()
  await loadAccounts()
  release(true)
}

function release(live: boolean) {
  const callers = waiting
  waiting = []
  for (const go of callers) go(live)
}

// Another person than the one whose page this is: nothing of it is his, nor what waits in it.
// Until the new page is there, no change is made with his proof.
function makeWay() {
  becomeAnother('/overview')
}

// The first start: the operator and the first account, by the token in the server's log.
export async function setUp(wishes: Setup) {
  await call('setup', { body: wishes })
  session.setup = false
  await signIn(wishes.email, wishes.password)
}

// An operator acts as a customer, and is himself again. All that the page knows is another's then.
export async function beginImpersonation(account: number, reason: string) {
  await call('impersonation_begin', { body: { account, reason } })
  becomeAnother('/overview')
}
export async function endImpersonation() {
  const account = session.impersonating?.account_id
  await call('impersonation_end')
  becomeAnother(account ? `/customers/${account}` : '/overview')
}
function becomeAnother(page: string) {
  leaving = true
  link.csrf = ''
  release(false)
  location.assign(page)
}

// Throws where the server may not have heard it: the session then lives on.
export async function signOut() {
  const gone = call('session_delete')
  forgetDraft(session.email)
  void forgetFiles(session.email)
  // At once: nothing of the page asks any more.
  forget()
  try {
    await gone
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 403) throw error
    // Another tab has renewed the session: its proof is another one now.
    const answer = await call('session_get')
    if (answer.signed_in)
      await call('session_delete', { headers: { 'X-Posthouse-Csrf': answer.csrf ?? '' } })
  }
}

function forget() {
  link.csrf = ''
  link.account = 0
  Object.assign(session, { email: '', role: '', ended: false, accounts: [], account: 0, accountId: 0, accountName: '', accountState: '', secondFactor: false, actions: [], impersonating: null })
}

// The session has ended for good: those who wait hear it, and the page goes.
export function giveUp() {
  forget()
  release(false)
}

link.revive = async () => {
  if (!signedIn.value || leaving) return false
  const proof = link.csrf
  const { email } = session
  try {
    if (await probe()) {
      if (session.email === email) return link.csrf !== proof
      makeWay()
      return false
    }
  } catch (error) {
    if (error instanceof Problem) return false
    throw error
  }
  session.ended = true
  return new Promise((resolve) => waiting.push(resolve))
}
