// Made by scripts/client.mjs of /api/v1/openapi.json. Not written by hand.

export type SignIn = { email: string; password: string }
export type NewAccount = { name: string }
export type Limits = { daily_per_domain?: number; per_mailbox_hour?: number; requests_per_second?: number; domains?: number; addresses?: number }
export type NewUser = { email: string; password: string; role: "operator" | "owner" | "administrator" | "developer" | "viewer" }
export type Password = { password: string }
export type NewKey = { kind?: "bearer" | "tencent"; scope?: "full" | "send" | "read"; domain?: string; name?: string }
export type NewDomain = { name: string }
export type QueueWish = { domain?: string; account?: number }
export type Force = { reason: string }
export type Tags = { tags: string[] }
export type MessageWish = { messages: string[] }
export type NewAddress = { address: string; name?: string; smtp_password?: string }
export type SmtpPassword = { smtp_password: string }
export type NewMessage = { from: string; to?: string[]; cc?: string[]; bcc?: string[]; reply_to?: string[]; subject?: string; text?: string; html?: string; headers?: Record<string, string>; attachments?: Array<{ filename: string; content_type?: string; content: string; content_id?: string }> }
export type NewBulk = { from: string; reply_to?: string[]; subject?: string; text?: string; html?: string; headers?: Record<string, string>; attachments?: Array<{ filename: string; content_type?: string; content: string; content_id?: string }>; missing?: "refuse" | "empty"; recipients: Array<{ to: string; data?: Record<string, unknown> }> }
export type Setup = { token: string; email: string; password: string; account: string }
export type Language = { language: "en" | "zh" }
export type Bulk = { id: string; state: "expanding" | "paused" | "done" | "cancelled" | "failed"; subject: string; rows: number; decided: number; accepted: number; refused: number; cause: string; next_at: string | null; created_at: string; finished_at: string | null }
export type BulkView = { id: string; state: "expanding" | "paused" | "done" | "cancelled" | "failed"; subject: string; rows: number; decided: number; accepted: number; refused: number; cause: string; next_at: string | null; created_at: string; finished_at: string | null; recipients: { queued: number; deferred: number; held: number; delivered: number; bounced: number; expired: number; cancelled: number }; refusals: Array<{ row: number; reason: string; field: string; detail: string }> }
export type Session = { signed_in: boolean; email?: string; role?: string; account?: number; token?: string; csrf?: string; setup?: boolean; language?: string; expires_at?: string }
export type Account = { id: number; app_id: number; name: string; state: "created" | "active" | "suspended"; limits: { daily_per_domain: number; per_mailbox_hour: number; requests_per_second: number; domains: number; addresses: number }; created_at: string; activated_at: string | null }
export type User = { id: number; account: number | null; email: string; role: string; disabled: boolean; created_at: string }
export type Key = { id: number; kind: "bearer" | "tencent"; public_id: string; scope: "full" | "send" | "read"; domain: string | null; name: string; created_at: string; revoked_at: string | null; last_used_at: string | null }
export type MadeKey = { id: number; kind: "bearer" | "tencent"; public_id: string; scope: "full" | "send" | "read"; domain: string | null; name: string; created_at: string; revoked_at: string | null; last_used_at: string | null; token?: string; secret_id?: string; secret_key?: string }
export type Domain = { domain: string; state: "pending" | "verified" | "failing" | "suspended" | "conflicting" | "lapsed"; records: Array<{ check: "mx" | "spf" | "dkim" | "dmarc"; host: string; type: string; expected: string; found: string[]; state: "ok" | "missing" | "wrong" | "conflicting" | "unknown"; advice: string; ttl: number; optional?: boolean; secure?: boolean }>; id: number; created_at: string; verified_at: string | null; checked_at: string | null; forced: string | null; tags: string[]; sent_today?: number }
export type Address = { id: number; address: string; name: string; smtp: boolean; created_at: string }
export type Accepted = { id: string }
export type Message = { id: string; door: string; from: string; subject: string; message_id: string; size: number; recipient_count: number; created_at: string; state: "queued" | "held" | "delivered" | "partly_delivered" | "failed" }
export type MessageView = { id: string; door: string; from: string; subject: string; message_id: string; size: number; recipient_count: number; created_at: string; state: "queued" | "held" | "delivered" | "partly_delivered" | "failed"; recipients: Array<{ address: string; state: string; cause: string; reply: string; attempts: number; next_at: string | null; expires_at: string; updated_at: string; attempt_log: Array<{ number: number; at: string; host: string; address: string; tls: string; code: number; reply: string; duration_ms: number; transcript: string }> }> }
export type Event = { id: string; type: string; at: string; message: string | null; recipient: number | null; data: Record<string, unknown>; account?: number }
export type InboxMail = { id: string; received_at: string; mail_from: string; rcpt_to: string; helo: string; tls: string; size: number; message: string | null; content?: string }
export type ReadMail = { id: string; received_at: string; mail_from: string; rcpt_to: string; helo: string; tls: string; size: number; message: string | null; subject: string; from: string; to: string; header: string; text: string; html: boolean; attachments: Array<{ filename: string; content_type: string; size: number }>; verdict: { dkim: Array<{ domain: string; selector: string; algorithm: string; result: string }>; spf: string; dmarc: string } }
export type QueueSummary = { queued: number; ready: number; in_flight: number; deferred: number; held: number }
export type QueueLate = { recipients: Array<{ message: string; account: number; address: string; cause: string; reply: string; attempts: number; accepted_at: string; next_at: string; expires_at: string }> }
export type QueueSites = { sites: Array<{ site: string; ready: number; in_flight: number; window: number; hangs: boolean; accounts: Array<{ account: number; ready: number }> }> }
export type QueueExplanation = { id: string; recipients: Array<{ address: string; state: string; cause: string; next: string | null; limit: string | null; history: Array<{ at: string; code: number; reply: string; host: string; tls: string }> }> }
export type Changed = { changed: number }
export type Installation = { sandbox: boolean; mail_host: string; spf_name: string; submission: string[]; submission_tls: string[] }
export type Statistics = { days: Array<{ day: string; accepted: number; delivered: number; deferred: number; bounced: number; expired: number; cancelled: number }>; hours: Array<{ hour: string; accepted: number; delivered: number; deferred: number; bounced: number; expired: number; cancelled: number }> }
export type Problem = { type: string; title: string; status: number; reason: string; field?: string; detail: string }

export interface Operations {
  session_create: { path: undefined; body: SignIn; answer: Session }
  session_get: { path: undefined; body: undefined; answer: Session }
  session_delete: { path: undefined; body: undefined; answer: undefined }
  setup: { path: undefined; body: Setup; answer: undefined }
  account_own: { path: undefined; body: undefined; answer: Account }
  account_list: { path: undefined; body: undefined; answer: { items: Account[]; next_cursor: string | null } }
  account_create: { path: undefined; body: NewAccount; answer: Account }
  account_get: { path: { account: string | number }; body: undefined; answer: Account }
  account_activate: { path: { account: string | number }; body: undefined; answer: Account }
  account_limits: { path: { account: string | number }; body: Limits; answer: Account }
  user_list: { path: undefined; body: undefined; answer: { items: User[]; next_cursor: string | null } }
  user_create: { path: undefined; body: NewUser; answer: User }
  user_delete: { path: { user: string | number }; body: undefined; answer: undefined }
  user_password: { path: { user: string | number }; body: Password; answer: undefined }
  key_list: { path: undefined; body: undefined; answer: { items: Key[]; next_cursor: string | null } }
  key_create: { path: undefined; body: NewKey; answer: MadeKey }
  key_revoke: { path: { key: string | number }; body: undefined; answer: undefined }
  domain_list: { path: undefined; body: undefined; answer: { items: Domain[]; next_cursor: string | null } }
  domain_create: { path: undefined; body: NewDomain; answer: Domain }
  domain_get: { path: { domain: string | number }; body: undefined; answer: Domain }
  domain_delete: { path: { domain: string | number }; body: undefined; answer: undefined }
  domain_tags: { path: { domain: string | number }; body: Tags; answer: Domain }
  domain_check: { path: { domain: string | number }; body: undefined; answer: Domain }
  domain_verify: { path: { domain: string | number }; body: undefined; answer: Domain }
  domain_force: { path: { domain: string | number }; body: Force; answer: Domain }
  domain_publish: { path: { domain: string | number }; body: undefined; answer: Domain }
  address_list: { path: undefined; body: undefined; answer: { items: Address[]; next_cursor: string | null } }
  address_create: { path: undefined; body: NewAddress; answer: Address }
  address_get: { path: { address: string | number }; body: undefined; answer: Address }
  address_delete: { path: { address: string | number }; body: undefined; answer: undefined }
  address_smtp_password: { path: { address: string | number }; body: SmtpPassword; answer: undefined }
  bulk_create: { path: undefined; body: NewBulk; answer: Accepted }
  bulk_list: { path: undefined; body: undefined; answer: { items: Bulk[]; next_cursor: string | null } }
  bulk_get: { path: { bulk: string | number }; body: undefined; answer: BulkView }
  bulk_pause: { path: { bulk: string | number }; body: undefined; answer: BulkView }
  bulk_resume: { path: { bulk: string | number }; body: undefined; answer: BulkView }
  bulk_cancel: { path: { bulk: string | number }; body: undefined; answer: BulkView }
  message_create: { path: undefined; body: NewMessage; answer: Accepted }
  message_list: { path: undefined; body: undefined; answer: { items: Message[]; next_cursor: string | null } }
  message_get: { path: { message: string | number }; body: undefined; answer: MessageView }
  message_content: { path: { message: string | number }; body: undefined; answer: string }
  event_list: { path: undefined; body: undefined; answer: { items: Event[]; next_cursor: string | null } }
  message_cancel: { path: undefined; body: MessageWish; answer: Changed }
  message_retry: { path: undefined; body: MessageWish; answer: Changed }
  event_stream: { path: undefined; body: undefined; answer: string }
  inbox_list: { path: undefined; body: undefined; answer: { items: InboxMail[]; next_cursor: string | null } }
  inbox_get: { path: { mail: string | number }; body: undefined; answer: InboxMail }
  inbox_content: { path: { mail: string | number }; body: undefined; answer: string }
  queue_summary: { path: undefined; body: undefined; answer: QueueSummary }
  queue_sites: { path: undefined; body: undefined; answer: QueueSites }
  queue_late: { path: undefined; body: undefined; answer: QueueLate }
  queue_explain: { path: { queued: string | number }; body: undefined; answer: QueueExplanation }
  queue_hold: { path: { queued: string | number }; body: undefined; answer: Changed }
  queue_release: { path: { queued: string | number }; body: undefined; answer: Changed }
  queue_retry: { path: { queued: string | number }; body: undefined; answer: Changed }
  queue_hold_all: { path: undefined; body: QueueWish; answer: Changed }
  queue_release_all: { path: undefined; body: QueueWish; answer: Changed }
  queue_retry_all: { path: undefined; body: QueueWish; answer: Changed }
  installation_get: { path: undefined; body: undefined; answer: Installation }
  statistics_get: { path: undefined; body: undefined; answer: Statistics }
  language_set: { path: undefined; body: Language; answer: undefined }
  inbox_read: { path: { mail: string | number }; body: undefined; answer: ReadMail }
  inbox_page: { path: { mail: string | number }; body: undefined; answer: string }
}

export const operations: Record<keyof Operations, { method: string; path: string; query: string[] }> = {
  session_create: { method: 'POST', path: '/api/v1/session', query: [] },
  session_get: { method: 'GET', path: '/api/v1/session', query: [] },
  session_delete: { method: 'DELETE', path: '/api/v1/session', query: [] },
  setup: { method: 'POST', path: '/api/v1/setup', query: [] },
  account_own: { method: 'GET', path: '/api/v1/account', query: ['account'] },
  account_list: { method: 'GET', path: '/api/v1/accounts', query: ['account','cursor','limit'] },
  account_create: { method: 'POST', path: '/api/v1/accounts', query: [] },
  account_get: { method: 'GET', path: '/api/v1/accounts/{account}', query: [] },
  account_activate: { method: 'POST', path: '/api/v1/accounts/{account}/activate', query: [] },
  account_limits: { method: 'PATCH', path: '/api/v1/accounts/{account}/limits', query: [] },
  user_list: { method: 'GET', path: '/api/v1/users', query: ['account','cursor','limit'] },
  user_create: { method: 'POST', path: '/api/v1/users', query: ['account'] },
  user_delete: { method: 'DELETE', path: '/api/v1/users/{user}', query: ['account'] },
  user_password: { method: 'PUT', path: '/api/v1/users/{user}/password', query: ['account'] },
  key_list: { method: 'GET', path: '/api/v1/keys', query: ['account','cursor','limit'] },
  key_create: { method: 'POST', path: '/api/v1/keys', query: ['account'] },
  key_revoke: { method: 'DELETE', path: '/api/v1/keys/{key}', query: ['account'] },
  domain_list: { method: 'GET', path: '/api/v1/domains', query: ['account','cursor','limit'] },
  domain_create: { method: 'POST', path: '/api/v1/domains', query: ['account'] },
  domain_get: { method: 'GET', path: '/api/v1/domains/{domain}', query: ['account'] },
  domain_delete: { method: 'DELETE', path: '/api/v1/domains/{domain}', query: ['account'] },
  domain_tags: { method: 'PUT', path: '/api/v1/domains/{domain}/tags', query: ['account'] },
  domain_check: { method: 'POST', path: '/api/v1/domains/{domain}/check', query: ['account'] },
  domain_verify: { method: 'POST', path: '/api/v1/domains/{domain}/verify', query: ['account'] },
  domain_force: { method: 'POST', path: '/api/v1/domains/{domain}/force', query: ['account'] },
  domain_publish: { method: 'POST', path: '/api/v1/domains/{domain}/publish', query: ['account'] },
  address_list: { method: 'GET', path: '/api/v1/addresses', query: ['account','cursor','limit'] },
  address_create: { method: 'POST', path: '/api/v1/addresses', query: ['account'] },
  address_get: { method: 'GET', path: '/api/v1/addresses/{address}', query: ['account'] },
  address_delete: { method: 'DELETE', path: '/api/v1/addresses/{address}', query: ['account'] },
  address_smtp_password: { method: 'PUT', path: '/api/v1/addresses/{address}/smtp-password', query: ['account'] },
  bulk_create: { method: 'POST', path: '/api/v1/messages/bulk', query: ['account'] },
  bulk_list: { method: 'GET', path: '/api/v1/messages/bulk', query: ['account','cursor','limit'] },
  bulk_get: { method: 'GET', path: '/api/v1/messages/bulk/{bulk}', query: ['account'] },
  bulk_pause: { method: 'POST', path: '/api/v1/messages/bulk/{bulk}/pause', query: ['account'] },
  bulk_resume: { method: 'POST', path: '/api/v1/messages/bulk/{bulk}/resume', query: ['account'] },
  bulk_cancel: { method: 'POST', path: '/api/v1/messages/bulk/{bulk}/cancel', query: ['account'] },
  message_create: { method: 'POST', path: '/api/v1/messages', query: ['account'] },
  message_list: { method: 'GET', path: '/api/v1/messages', query: ['account','cursor','limit','domain','state','before'] },
  message_get: { method: 'GET', path: '/api/v1/messages/{message}', query: ['account'] },
  message_content: { method: 'GET', path: '/api/v1/messages/{message}/content', query: ['account'] },
  event_list: { method: 'GET', path: '/api/v1/events', query: ['account','cursor','limit'] },
  message_cancel: { method: 'POST', path: '/api/v1/messages/cancel', query: ['account'] },
  message_retry: { method: 'POST', path: '/api/v1/messages/retry', query: ['account'] },
  event_stream: { method: 'GET', path: '/api/v1/events/stream', query: ['account','after'] },
  inbox_list: { method: 'GET', path: '/api/v1/sandbox/inbox', query: ['account','cursor','limit'] },
  inbox_get: { method: 'GET', path: '/api/v1/sandbox/inbox/{mail}', query: ['account'] },
  inbox_content: { method: 'GET', path: '/api/v1/sandbox/inbox/{mail}/content', query: ['account'] },
  queue_summary: { method: 'GET', path: '/api/v1/queue', query: [] },
  queue_sites: { method: 'GET', path: '/api/v1/queue-sites', query: [] },
  queue_late: { method: 'GET', path: '/api/v1/queue-late', query: [] },
  queue_explain: { method: 'GET', path: '/api/v1/queue/{queued}', query: [] },
  queue_hold: { method: 'POST', path: '/api/v1/queue/{queued}/hold', query: [] },
  queue_release: { method: 'POST', path: '/api/v1/queue/{queued}/release', query: [] },
  queue_retry: { method: 'POST', path: '/api/v1/queue/{queued}/retry', query: [] },
  queue_hold_all: { method: 'POST', path: '/api/v1/queue-hold', query: [] },
  queue_release_all: { method: 'POST', path: '/api/v1/queue-release', query: [] },
  queue_retry_all: { method: 'POST', path: '/api/v1/queue-retry', query: [] },
  installation_get: { method: 'GET', path: '/api/v1/installation', query: [] },
  statistics_get: { method: 'GET', path: '/api/v1/statistics', query: ['account'] },
  language_set: { method: 'PUT', path: '/api/v1/language', query: [] },
  inbox_read: { method: 'GET', path: '/api/v1/sandbox/inbox/{mail}/reading', query: ['account'] },
  inbox_page: { method: 'GET', path: '/api/v1/sandbox/inbox/{mail}/page', query: ['account'] },
}
