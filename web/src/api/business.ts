// The operations of activation, billing, quota, and of the operator's customers.
export type Plan = 'in_house' | 'customer'
export type Standing = 'good' | 'low' | 'grace' | 'arrears' | 'exhausted'
export type Source = 'free' | 'package' | 'post_paid' | 'none'
export type Tier = { from: number; price: number }
export type Activation = {
  state: 'created' | 'active' | 'suspended'
  identity_ok: boolean
  identity_mode: 'required' | 'optional' | 'off'
  agreement_version: string
  accepted_version: string | null
  free_mails: number
}
export type Agreement = { version: string; text: string }
export type Package = { id: number; name: string; mails: number; used: number; left: number; expires_at: string; state: 'active' | 'used_up' | 'expired'; source: 'bought' | 'granted' }
export type Billing = {
  currency: string
  plan: Plan
  free: { granted: number; used: number; left: number }
  packages: Package[]
  post_paid: { enabled: boolean; price: number; tiers: Tier[] }
  balance: number
  credit_limit: number
  standing: Standing
  grace_until: string | null
  today: { free: number; package: number; post_paid: number; amount: number }
  next_source: Source
}
export type Offer = { id: number; name: string; mails: number; price: number; days: number; on_sale: boolean }
export type PriceVersion = { from: string; tiers: Tier[] }
export type UsageDay = { day: string; free: number; package: number; post_paid: number; amount: number }
export type Bill = { id: number; day: string; mails: number; amount: number; state: string; balance_after: number }
export type BillLine = { what: string; mails: number; price: number; amount: number }
export type LedgerRow = { id: number; at: string; what: string; amount: number; balance_after: number; reference: string }
export type Figures = {
  sent: number
  delivered_rate: number | null
  invalid_rate: number | null
  spam_rate: number | null
  complaint_rate: number | null
  open_rate: number | null
}
export type Rise = { what: string; needed: number; have: number | null; met: boolean }
export type DomainQuota = {
  domain: string
  mode: 'fixed' | 'levels'
  level: number
  daily: { limit: number | null; used: number; left: number | null }
  blocked_until: string | null
  blocked_reason: string
  today: Figures
  yesterday: Figures
  to_rise: Rise[]
  history: Array<{ day: string; level: number; sent: number; why: string }>
}
export type Quota = {
  requests_per_second: { limit: number }
  per_mailbox_hour: { limit: number }
  domains: DomainQuota[]
  providers: Array<{ provider: string; blocked_until: string; why: string }>
  near: Array<{ what: string; limit: number; used: number }>
}
export type Customer = {
  account_id: number
  app_id: number
  name: string
  state: 'created' | 'active' | 'suspended'
  plan: Plan
  identity: 'none' | 'submitted' | 'approved' | 'rejected'
  owner: string
  created_at: string
  activated_at: string | null
  sent_30_days: number
  balance: number
  standing: Standing
}
export type CustomerView = Customer & {
  limits: { daily_per_domain: number; per_mailbox_hour: number; requests_per_second: number; domains: number; addresses: number }
  users: number
  domains: number
  suspended_reason: string
  suspended_at: string | null
}
export type Setting = { name: string; kind: string; value: string; fallback: string; words: string[]; help: string; least: number; most: number; per_account: boolean; own?: boolean }
export type IdentityReview = { account_id: number; account_name: string; kind: 'individual' | 'enterprise'; name: string; company: string; state: string; submitted_at: string }
export type IdentityReviewView = {
  state: 'none' | 'submitted' | 'approved' | 'rejected'
  kind: 'individual' | 'enterprise' | ''
  name: string
  document_number: string
  company: string
  registration_number: string
  contact: string
  reason: string
  evidence: Array<{ id: string; filename: string; content_type: string; size: number }>
  submitted_at: string | null
  decided_at: string | null
  history: Array<{ at: string; state: string; reason: string }>
}

type List<T> = { items: T[]; next_cursor: string | null }
type Op<Answer = undefined, Body = undefined, Path = undefined> = { path: Path; body: Body; answer: Answer }
type OfAccount = { account: string | number }

export interface Business {
  activation_get: Op<Activation>
  activation_accept: Op<unknown, { agreement_version: string }>
  billing_get: Op<Billing>
  billing_post_paid: Op<unknown, { enabled: boolean }>
  billing_offers: Op<List<Offer>>
  package_buy: Op<Package, { offer: number }>
  usage_list: Op<List<UsageDay>>
  bill_list: Op<List<Bill>>
  bill_get: Op<Bill & { lines: BillLine[] }, undefined, { bill: string | number }>
  ledger_list: Op<List<LedgerRow>>
  account_plan: Op<unknown, { plan: Plan; credit_limit?: number; post_paid?: boolean }, OfAccount>
  account_grant: Op<unknown, { mails: number; days: number; name: string }, OfAccount>
  account_pay: Op<unknown, { amount: number; reference: string; note: string }, OfAccount>
  offer_list: Op<List<Offer>>
  offer_create: Op<Offer, { name: string; mails: number; price: number; days: number }>
  offer_change: Op<Offer, { on_sale: boolean }, { offer: string | number }>
  price_list: Op<List<PriceVersion>>
  price_create: Op<PriceVersion, PriceVersion>
  quota_get: Op<Quota>
  quota_unblock: Op<{ left: number }, { domain: string; why: string }>
  account_level: Op<unknown, { domain: string; level: number }, OfAccount>
  account_level_unblock: Op<unknown, { domain: string }, OfAccount>
  setting_list: Op<List<Setting>>
  setting_put: Op<unknown, { values: Record<string, string> }>
  account_setting_list: Op<List<Setting>, undefined, OfAccount>
  account_setting_put: Op<unknown, { values: Record<string, string> }, OfAccount>
  agreement_get: Op<Agreement>
  agreement_put: Op<unknown, { version: string; text_en: string; text_zh: string }>
  customer_list: Op<List<Customer>>
  customer_get: Op<CustomerView, undefined, OfAccount>
  account_suspend: Op<unknown, { reason: string; notice: boolean }, OfAccount>
  account_resume: Op<unknown, undefined, OfAccount>
  identity_review_list: Op<List<IdentityReview>>
  identity_review_get: Op<IdentityReviewView, undefined, OfAccount>
  identity_review_evidence: Op<string, undefined, { account: string | number; evidence: string | number }>
  identity_review_approve: Op<unknown, undefined, OfAccount>
  identity_review_reject: Op<unknown, { reason: string }, OfAccount>
  impersonation_begin: Op<unknown, { account: number; reason: string }>
  impersonation_end: Op<unknown>
}

const of = (method: string, path: string, query: string[] = []) => ({ method, path: `/api/v1/${path}`, query })
const one = ['account']
const page = ['account', 'cursor', 'limit']
const all = ['cursor', 'limit']

export const business: Record<keyof Business, { method: string; path: string; query: string[] }> = {
  activation_get: of('GET', 'activation', one),
  activation_accept: of('POST', 'activation', one),
  billing_get: of('GET', 'billing', one),
  billing_post_paid: of('PUT', 'billing/post-paid', one),
  billing_offers: of('GET', 'billing/offers', page),
  package_buy: of('POST', 'billing/packages', one),
  usage_list: of('GET', 'billing/usage', [...one, 'from', 'to', 'format']),
  bill_list: of('GET', 'billing/bills', page),
  bill_get: of('GET', 'billing/bills/{bill}', one),
  ledger_list: of('GET', 'billing/ledger', [...page, 'format']),
  account_plan: of('PUT', 'accounts/{account}/plan'),
  account_grant: of('POST', 'accounts/{account}/grants'),
  account_pay: of('POST', 'accounts/{account}/payments'),
  offer_list: of('GET', 'offers', all),
  offer_create: of('POST', 'offers'),
  offer_change: of('PATCH', 'offers/{offer}'),
  price_list: of('GET', 'prices', all),
  price_create: of('POST', 'prices'),
  quota_get: of('GET', 'quota', one),
  quota_unblock: of('POST', 'quota/unblock', one),
  account_level: of('PUT', 'accounts/{account}/levels'),
  account_level_unblock: of('POST', 'accounts/{account}/levels/unblock'),
  setting_list: of('GET', 'settings', all),
  setting_put: of('PUT', 'settings'),
  account_setting_list: of('GET', 'accounts/{account}/settings', all),
  account_setting_put: of('PUT', 'accounts/{account}/settings'),
  agreement_get: of('GET', 'agreement', ['language']),
  agreement_put: of('PUT', 'agreement'),
  customer_list: of('GET', 'customers', [...all, 'state', 'search']),
  customer_get: of('GET', 'customers/{account}'),
  account_suspend: of('POST', 'accounts/{account}/suspend'),
  account_resume: of('POST', 'accounts/{account}/resume'),
  identity_review_list: of('GET', 'identity-reviews', [...all, 'state']),
  identity_review_get: of('GET', 'identity-reviews/{account}'),
  identity_review_evidence: of('GET', 'identity-reviews/{account}/evidence/{evidence}'),
  identity_review_approve: of('POST', 'identity-reviews/{account}/approve'),
  identity_review_reject: of('POST', 'identity-reviews/{account}/reject'),
  impersonation_begin: of('POST', 'impersonation'),
  impersonation_end: of('DELETE', 'impersonation'),
}
