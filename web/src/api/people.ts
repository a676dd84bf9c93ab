// The operations of people, sessions, the audit log and the identity verification.
export type Role = 'operator' | 'owner' | 'administrator' | 'developer' | 'viewer'
export type Policy = { domains: string[]; actions: string[] }
export type PeopleSession = {
  account_id?: number
  account_name?: string
  account_state?: string
  second_factor?: boolean
  policy?: Policy | null
  impersonating?: { account_id: number; account_name: string; reason: string } | null
}
export type Registration = { mode: 'open' | 'invitation' | 'closed'; mail: boolean }
export type Me = { id: number; email: string; role: string; account_id: number | null; second_factor: boolean; recovery_codes_left: number; created_at: string; policy: Policy | null }
export type NewSecondFactor = { secret: string; uri: string }
export type RecoveryCodes = { recovery_codes: string[] }
export type MySession = { id: number | string; created_at: string; seen_at: string; from: string; agent: string; current: boolean }
export type Person = { id: number; account: number | null; email: string; role: string; disabled: boolean; second_factor: boolean; policy: Policy | null; last_seen_at: string | null; created_at: string }
export type UserChange = { role?: string; disabled?: boolean; policy?: Policy }
export type UserInvitation = { id: number; email: string; role: string; state: string; policy?: Policy | null; expires_at: string; link: string | null }
export type NewInvitation = { email: string; role: string; policy?: Policy }
export type RegistrationInvitation = { id: number; email: string; account?: string; state: string; expires_at: string; link: string | null }
export type RegistrationLink = { id: number | string; kind: 'confirm' | 'reset' | 'invitation'; email: string; link: string; expires_at: string }
export type OwnedKey = { id: number; user_id?: number | null }
export type AuditRow = { id: number | string; at: string; account_id: number | null; actor: { kind: string; id: number; name: string }; behind: string | null; from: string; action: string; object: string; before: unknown; after: unknown }
export type Evidence = { id: string; filename: string; content_type: string; size: number; created_at: string }
export type IdentityState = 'none' | 'submitted' | 'approved' | 'rejected'
export type Identity = {
  mode: 'required' | 'optional' | 'off'
  state: IdentityState
  kind: 'individual' | 'enterprise' | ''
  name: string
  document_number: string
  company: string
  registration_number: string
  contact: string
  reason: string
  evidence: Evidence[]
  submitted_at: string | null
  decided_at: string | null
  history: Array<{ at: string; state: IdentityState; reason: string }>
}
export type IdentityWish = { kind: 'individual' | 'enterprise'; name?: string; document_number?: string; company?: string; registration_number?: string; contact?: string }

type List<T> = { items: T[]; next_cursor: string | null }
type Op<Answer = undefined, Body = undefined, Path = undefined> = { path: Path; body: Body; answer: Answer }

export interface People {
  registration_get: Op<Registration>
  registration_create: Op<unknown, { email: string; password: string; account: string; language: string; invitation?: string }>
  registration_confirm: Op<{ email: string }, { token: string }>
  password_reset_create: Op<unknown, { email: string; language: string }>
  password_reset_confirm: Op<unknown, { token: string; password: string }>
  me_get: Op<Me>
  me_password: Op<undefined, { current: string; password: string }>
  second_factor_begin: Op<NewSecondFactor, { password: string }>
  second_factor_confirm: Op<RecoveryCodes, { code: string }>
  second_factor_remove: Op<undefined, { password: string; code: string }>
  recovery_codes_renew: Op<RecoveryCodes, { password: string; code: string }>
  my_session_list: Op<List<MySession>>
  my_session_end: Op<undefined, undefined, { session: string | number }>
  my_session_end_others: Op<{ ended: number }>
  user_change: Op<Person, UserChange, { user: string | number }>
  user_second_factor_reset: Op<undefined, undefined, { user: string | number }>
  invitation_list: Op<List<UserInvitation>>
  invitation_create: Op<UserInvitation, NewInvitation>
  invitation_delete: Op<undefined, undefined, { invitation: string | number }>
  invitation_look: Op<{ email: string; account: string; role: string }, { token: string }>
  invitation_accept: Op<{ email: string }, { token: string; password: string; language: string }>
  registration_invitation_list: Op<List<RegistrationInvitation>>
  registration_invitation_create: Op<RegistrationInvitation, { email: string; account?: string }>
  registration_invitation_delete: Op<undefined, undefined, { invitation: string | number }>
  registration_link_list: Op<List<RegistrationLink>>
  audit_list: Op<List<AuditRow>>
  identity_get: Op<Identity>
  identity_submit: Op<Identity, IdentityWish>
  evidence_create: Op<Evidence>
  evidence_delete: Op<undefined, undefined, { evidence: string | number }>
}

const api = '/api/v1'
const of = (method: string, path: string, query: string[] = []) => ({ method, path: api + path, query })
const page = ['account', 'cursor', 'limit']

export const people: Record<keyof People, { method: string; path: string; query: string[] }> = {
  registration_get: of('GET', '/registration'),
  registration_create: of('POST', '/registration'),
  registration_confirm: of('POST', '/registration/confirm'),
  password_reset_create: of('POST', '/password-reset'),
  password_reset_confirm: of('POST', '/password-reset/confirm'),
  me_get: of('GET', '/me'),
  me_password: of('PUT', '/me/password'),
  second_factor_begin: of('POST', '/me/second-factor'),
  second_factor_confirm: of('POST', '/me/second-factor/confirm'),
  second_factor_remove: of('POST', '/me/second-factor/remove'),
  recovery_codes_renew: of('POST', '/me/recovery-codes'),
  my_session_list: of('GET', '/me/sessions'),
  my_session_end: of('DELETE', '/me/sessions/{session}'),
  my_session_end_others: of('DELETE', '/me/sessions'),
  user_change: of('PATCH', '/users/{user}', ['account']),
  user_second_factor_reset: of('POST', '/users/{user}/second-factor/reset', ['account']),
  invitation_list: of('GET', '/users/invitations', page),
  invitation_create: of('POST', '/users/invitations', ['account']),
  invitation_delete: of('DELETE', '/users/invitations/{invitation}', ['account']),
  invitation_look: of('POST', '/invitation/look'),
  invitation_accept: of('POST', '/invitation/accept'),
  registration_invitation_list: of('GET', '/registration/invitations', ['cursor', 'limit']),
  registration_invitation_create: of('POST', '/registration/invitations'),
  registration_invitation_delete: of('DELETE', '/registration/invitations/{invitation}'),
  registration_link_list: of('GET', '/registration/links', ['cursor', 'limit']),
  audit_list: of('GET', '/audit', [...page, 'actor', 'action', 'object', 'since', 'until']),
  identity_get: of('GET', '/identity', ['account']),
  identity_submit: of('PUT', '/identity', ['account']),
  evidence_create: of('POST', '/identity/evidence', ['account', 'filename']),
  evidence_delete: of('DELETE', '/identity/evidence/{evidence}', ['account']),
}
