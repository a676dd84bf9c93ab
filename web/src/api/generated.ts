// Made by scripts/client.mjs of /api/v1/openapi.json. Not written by hand.

export type SignIn = { email: string; password: string; code?: string }
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
export type Session = { signed_in: boolean; email?: string; role?: string; account?: number; account_id?: number; account_name?: string; account_state?: string; second_factor?: boolean; impersonating?: { account_id: number; account_name: string; reason: string }; policy?: { domains: string[]; actions: string[] }; token?: string; csrf?: string; setup?: boolean; language?: string; expires_at?: string }
export type Account = { id: number; app_id: number; name: string; state: "created" | "active" | "suspended"; limits: { daily_per_domain: number; per_mailbox_hour: number; requests_per_second: number; domains: number; addresses: number }; created_at: string; activated_at: string | null }
export type User = { id: number; account: number | null; email: string; role: string; disabled: boolean; second_factor: boolean; policy: { domains: string[]; actions: string[] } | null; last_seen_at: string | null; created_at: string }
export type Key = { id: number; kind: "bearer" | "tencent"; public_id: string; scope: "full" | "send" | "read"; domain: string | null; name: string; created_at: string; revoked_at: string | null; last_used_at: string | null; user_id: number | null }
export type MadeKey = { id: number; kind: "bearer" | "tencent"; public_id: string; scope: "full" | "send" | "read"; domain: string | null; name: string; created_at: string; revoked_at: string | null; last_used_at: string | null; user_id: number | null; token?: string; secret_id?: string; secret_key?: string }
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
export type NewRegistration = { email: string; password: string; account: string; language?: "en" | "zh"; invitation?: string }
export type LinkToken = { token: string }
export type RegistrationProof = { token: string; password: string }
export type ResetWish = { email: string; language?: "en" | "zh" }
export type ResetAnswer = { token: string; password: string }
export type OwnPassword = { current: string; password: string }
export type PasswordProof = { password: string }
export type CodeProof = { code: string }
export type Proof = { password: string; code: string }
export type UserChange = { role?: "operator" | "owner" | "administrator" | "developer" | "viewer"; disabled?: boolean; policy?: { domains?: string[]; actions?: string[] } }
export type NewInvitation = { email: string; role: "owner" | "administrator" | "developer" | "viewer"; policy?: { domains?: string[]; actions?: string[] } }
export type InvitationAnswer = { token: string; password: string; language?: "en" | "zh" }
export type NewRegistrationInvitation = { email: string; account?: string }
export type Impersonation = { account: number; reason: string }
export type Nothing = {  }
export type Registration = { mode: "open" | "invitation" | "closed"; mail: boolean }
export type Confirmed = { email: string }
export type Me = { id: number; email: string; role: string; account_id: number | null; second_factor: boolean; recovery_codes_left: number; created_at: string; policy: { domains: string[]; actions: string[] } | null }
export type NewSecondFactor = { secret: string; uri: string }
export type RecoveryCodes = { recovery_codes: string[] }
export type MySessions = { items: Array<{ id: string; created_at: string; seen_at: string; from: string; agent: string; current: boolean }>; next_cursor: string | null }
export type Ended = { ended: number }
export type Invitation = { id: number; email: string; role: string; state: "open" | "used" | "withdrawn" | "expired"; created_at: string; expires_at: string; link: string | null; policy: { domains: string[]; actions: string[] } | null }
export type RegistrationInvitation = { id: number; email: string; role: string; state: "open" | "used" | "withdrawn" | "expired"; created_at: string; expires_at: string; link: string | null; account: string }
export type Invited = { email: string; account: string; role: string }
export type OpenLink = { id: number; kind: "confirm" | "reset" | "invitation"; email: string; link: string; expires_at: string }
export type AuditRow = { id: string; at: string; account_id: number | null; actor: { kind: "operator" | "user" | "key" | "smtp_login" | "relay" | "control"; id: number; name: string }; behind: string | null; from: string; action: string; object: string; before: Record<string, unknown> | null; after: Record<string, unknown> | null }
export type IdentityWish = { kind: "individual" | "enterprise"; name?: string; document_number?: string; company?: string; registration_number?: string; contact?: string }
export type SettingValues = { values: Record<string, string> }
export type NewAgreement = { version: string; text_en: string; text_zh: string }
export type Suspend = { reason: string; notice?: boolean }
export type Rejection = { reason: string }
export type Identity = { mode: "required" | "optional" | "off"; state: "none" | "submitted" | "approved" | "rejected"; kind: "individual" | "enterprise" | ""; name: string; document_number: string; company: string; registration_number: string; contact: string; reason: string; evidence: Array<{ id: string; filename: string; content_type: string; size: number; created_at: string }>; submitted_at: string | null; decided_at: string | null; history: Array<{ at: string; state: "none" | "submitted" | "approved" | "rejected"; reason: string }> }
export type Evidence = { id: string; filename: string; content_type: string; size: number; created_at: string }
export type IdentityReview = { account_id: number; account_name: string; kind: "individual" | "enterprise"; name: string; company: string; state: "none" | "submitted" | "approved" | "rejected"; submitted_at: string }
export type Setting = { name: string; kind: "number" | "truth" | "word" | "text" | "secret"; value: string; own: boolean; fallback: string; words: string[]; help: string; least: number; most: number; per_account: boolean }
export type Agreement = { version: string; text: string }
export type Customer = { account_id: number; app_id: number; name: string; state: "created" | "active" | "suspended"; plan: "in_house" | "customer"; identity: "none" | "submitted" | "approved" | "rejected"; owner: string; created_at: string; activated_at: string | null; sent_30_days: number; balance: number; standing: "good" | "low" | "grace" | "arrears" | "exhausted" }
export type CustomerView = { account_id: number; app_id: number; name: string; state: "created" | "active" | "suspended"; plan: "in_house" | "customer"; identity: "none" | "submitted" | "approved" | "rejected"; owner: string; created_at: string; activated_at: string | null; sent_30_days: number; balance: number; standing: "good" | "low" | "grace" | "arrears" | "exhausted"; limits: { daily_per_domain: number; per_mailbox_hour: number; requests_per_second: number; domains: number; addresses: number }; users: number; domains: number; suspended_reason: string; suspended_at: string | null }
export type Accept = { agreement_version: string }
export type PostPaid = { enabled: boolean }
export type Purchase = { offer: number }
export type PlanChange = { plan: "in_house" | "customer"; credit_limit?: number; post_paid?: boolean }
export type NewGrant = { mails: number; days: number; name: string }
export type NewPayment = { amount: number; reference: string; note?: string }
export type NewOffer = { name: string; mails: number; price: number; days: number }
export type OfferChange = { on_sale: boolean }
export type NewPrice = { from: string; tiers: Array<{ from: number; price: number }> }
export type PaymentEvent = { event_id: string; account: number; amount: number; reference: string }
export type UnblockWish = { domain: string; why: string }
export type NewLevel = { domain: string; level: number }
export type Unblock = { domain: string }
export type Activation = { state: "created" | "active" | "suspended"; identity_ok: boolean; identity_mode: "required" | "optional" | "off"; agreement_version: string; accepted_version: string | null; free_mails: number }
export type Billing = { currency: string; plan: "in_house" | "customer"; free: { granted: number; used: number; left: number }; packages: Array<{ id: number; name: string; mails: number; used: number; left: number; expires_at: string; state: "active" | "used_up" | "expired"; source: "bought" | "granted" }>; post_paid: { enabled: boolean; price: number; tiers: Array<{ from: number; price: number }> }; balance: number; credit_limit: number; standing: "good" | "low" | "grace" | "arrears" | "exhausted"; grace_until: string | null; today: { free: number; package: number; post_paid: number; amount: number }; next_source: "free" | "package" | "post_paid" | "none" }
export type Package = { id: number; name: string; mails: number; used: number; left: number; expires_at: string; state: "active" | "used_up" | "expired"; source: "bought" | "granted" }
export type Offer = { id: number; name: string; mails: number; price: number; days: number; on_sale: boolean }
export type Price = { from: string; tiers: Array<{ from: number; price: number }> }
export type Usage = { day: string; free: number; package: number; post_paid: number; amount: number }
export type Bill = { id: number; day: string; mails: number; amount: number; state: "paid" | "due"; balance_after: number }
export type BillView = { id: number; day: string; mails: number; amount: number; state: "paid" | "due"; balance_after: number; lines: Array<{ what: string; mails: number; price: number; amount: number }> }
export type LedgerEntry = { id: string; at: string; what: "payment" | "package" | "bill" | "adjustment"; amount: number; balance_after: number; reference: string }
export type Quota = { requests_per_second: { limit: number }; per_mailbox_hour: { limit: number }; domains: Array<{ domain: string; mode: "fixed" | "levels"; level: number; daily: { limit: number | null; used: number; left: number | null }; blocked_until: string | null; blocked_reason: string; today: { sent: number; delivered_rate: number | null; invalid_rate: number | null; spam_rate: number | null; complaint_rate: number | null; open_rate: number | null }; yesterday: { sent: number; delivered_rate: number | null; invalid_rate: number | null; spam_rate: number | null; complaint_rate: number | null; open_rate: number | null }; to_rise: Array<{ what: string; needed: number; have: number | null; met: boolean }>; history: Array<{ day: string; level: number; sent: number; why: string }> }>; providers: Array<{ provider: string; blocked_until: string; why: string }>; near: Array<{ what: string; limit: number; used: number }> }
export type Asked = { left: number }

export interface Operations {
  session_create: { path: undefined; body: SignIn; answer: Session }
  session_get: { path: undefined; body: undefined; answer: Session }
  session_delete: { path: undefined; body: undefined; answer: undefined }
  setup: { path: undefined; body: Setup; answer: undefined }
  registration_get: { path: undefined; body: undefined; answer: Registration }
  registration_create: { path: undefined; body: NewRegistration; answer: Nothing }
  registration_confirm: { path: undefined; body: RegistrationProof; answer: Confirmed }
  password_reset_create: { path: undefined; body: ResetWish; answer: Nothing }
  password_reset_confirm: { path: undefined; body: ResetAnswer; answer: Nothing }
  invitation_look: { path: undefined; body: LinkToken; answer: Invited }
  invitation_accept: { path: undefined; body: InvitationAnswer; answer: Confirmed }
  me_get: { path: undefined; body: undefined; answer: Me }
  me_password: { path: undefined; body: OwnPassword; answer: undefined }
  second_factor_begin: { path: undefined; body: PasswordProof; answer: NewSecondFactor }
  second_factor_confirm: { path: undefined; body: CodeProof; answer: RecoveryCodes }
  second_factor_remove: { path: undefined; body: Proof; answer: undefined }
  recovery_codes_renew: { path: undefined; body: Proof; answer: RecoveryCodes }
  my_session_list: { path: undefined; body: undefined; answer: MySessions }
  my_session_end_others: { path: undefined; body: undefined; answer: Ended }
  my_session_end: { path: { session: string | number }; body: undefined; answer: undefined }
  impersonation_begin: { path: undefined; body: Impersonation; answer: Session }
  impersonation_end: { path: undefined; body: undefined; answer: Session }
  invitation_list: { path: undefined; body: undefined; answer: { items: Invitation[]; next_cursor: string | null } }
  invitation_create: { path: undefined; body: NewInvitation; answer: Invitation }
  invitation_delete: { path: { invitation: string | number }; body: undefined; answer: undefined }
  registration_invitation_list: { path: undefined; body: undefined; answer: { items: RegistrationInvitation[]; next_cursor: string | null } }
  registration_invitation_create: { path: undefined; body: NewRegistrationInvitation; answer: RegistrationInvitation }
  registration_invitation_delete: { path: { invitation: string | number }; body: undefined; answer: undefined }
  registration_link_list: { path: undefined; body: undefined; answer: { items: OpenLink[]; next_cursor: string | null } }
  audit_list: { path: undefined; body: undefined; answer: { items: AuditRow[]; next_cursor: string | null } }
  account_own: { path: undefined; body: undefined; answer: Account }
  account_list: { path: undefined; body: undefined; answer: { items: Account[]; next_cursor: string | null } }
  account_create: { path: undefined; body: NewAccount; answer: Account }
  account_get: { path: { account: string | number }; body: undefined; answer: Account }
  account_activate: { path: { account: string | number }; body: undefined; answer: Account }
  account_limits: { path: { account: string | number }; body: Limits; answer: Account }
  user_list: { path: undefined; body: undefined; answer: { items: User[]; next_cursor: string | null } }
  user_create: { path: undefined; body: NewUser; answer: User }
  user_change: { path: { user: string | number }; body: UserChange; answer: User }
  user_delete: { path: { user: string | number }; body: undefined; answer: undefined }
  user_second_factor_reset: { path: { user: string | number }; body: undefined; answer: undefined }
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
  identity_get: { path: undefined; body: undefined; answer: Identity }
  identity_submit: { path: undefined; body: IdentityWish; answer: Identity }
  evidence_create: { path: undefined; body: undefined; answer: Evidence }
  evidence_delete: { path: { evidence: string | number }; body: undefined; answer: undefined }
  identity_review_list: { path: undefined; body: undefined; answer: { items: IdentityReview[]; next_cursor: string | null } }
  identity_review_get: { path: { account: string | number }; body: undefined; answer: Identity }
  identity_review_evidence: { path: { account: string | number; evidence: string | number }; body: undefined; answer: string }
  identity_review_approve: { path: { account: string | number }; body: undefined; answer: Identity }
  identity_review_reject: { path: { account: string | number }; body: Rejection; answer: Identity }
  setting_list: { path: undefined; body: undefined; answer: { items: Setting[]; next_cursor: string | null } }
  setting_put: { path: undefined; body: SettingValues; answer: undefined }
  account_setting_list: { path: { account: string | number }; body: undefined; answer: { items: Setting[]; next_cursor: string | null } }
  account_setting_put: { path: { account: string | number }; body: SettingValues; answer: undefined }
  agreement_get: { path: undefined; body: undefined; answer: Agreement }
  agreement_put: { path: undefined; body: NewAgreement; answer: Agreement }
  customer_list: { path: undefined; body: undefined; answer: { items: Customer[]; next_cursor: string | null } }
  customer_get: { path: { account: string | number }; body: undefined; answer: CustomerView }
  account_suspend: { path: { account: string | number }; body: Suspend; answer: Account }
  account_resume: { path: { account: string | number }; body: undefined; answer: Account }
  activation_get: { path: undefined; body: undefined; answer: Activation }
  activation_accept: { path: undefined; body: Accept; answer: Account }
  billing_get: { path: undefined; body: undefined; answer: Billing }
  billing_post_paid: { path: undefined; body: PostPaid; answer: Billing }
  billing_offers: { path: undefined; body: undefined; answer: { items: Offer[]; next_cursor: string | null } }
  package_buy: { path: undefined; body: Purchase; answer: Package }
  usage_list: { path: undefined; body: undefined; answer: { items: Usage[]; next_cursor: string | null } }
  bill_list: { path: undefined; body: undefined; answer: { items: Bill[]; next_cursor: string | null } }
  bill_get: { path: { bill: string | number }; body: undefined; answer: BillView }
  ledger_list: { path: undefined; body: undefined; answer: { items: LedgerEntry[]; next_cursor: string | null } }
  account_plan: { path: { account: string | number }; body: PlanChange; answer: Billing }
  account_grant: { path: { account: string | number }; body: NewGrant; answer: Package }
  account_pay: { path: { account: string | number }; body: NewPayment; answer: LedgerEntry }
  offer_list: { path: undefined; body: undefined; answer: { items: Offer[]; next_cursor: string | null } }
  offer_create: { path: undefined; body: NewOffer; answer: Offer }
  offer_change: { path: { offer: string | number }; body: OfferChange; answer: Offer }
  price_list: { path: undefined; body: undefined; answer: { items: Price[]; next_cursor: string | null } }
  price_create: { path: undefined; body: NewPrice; answer: Price }
  payment_webhook: { path: undefined; body: PaymentEvent; answer: undefined }
  quota_get: { path: undefined; body: undefined; answer: Quota }
  quota_unblock: { path: undefined; body: UnblockWish; answer: Asked }
  account_level: { path: { account: string | number }; body: NewLevel; answer: Quota }
  account_level_unblock: { path: { account: string | number }; body: Unblock; answer: Quota }
}

export const operations: Record<keyof Operations, { method: string; path: string; query: string[] }> = {
  session_create: { method: 'POST', path: '/api/v1/session', query: [] },
  session_get: { method: 'GET', path: '/api/v1/session', query: [] },
  session_delete: { method: 'DELETE', path: '/api/v1/session', query: [] },
  setup: { method: 'POST', path: '/api/v1/setup', query: [] },
  registration_get: { method: 'GET', path: '/api/v1/registration', query: [] },
  registration_create: { method: 'POST', path: '/api/v1/registration', query: [] },
  registration_confirm: { method: 'POST', path: '/api/v1/registration/confirm', query: [] },
  password_reset_create: { method: 'POST', path: '/api/v1/password-reset', query: [] },
  password_reset_confirm: { method: 'POST', path: '/api/v1/password-reset/confirm', query: [] },
  invitation_look: { method: 'POST', path: '/api/v1/invitation/look', query: [] },
  invitation_accept: { method: 'POST', path: '/api/v1/invitation/accept', query: [] },
  me_get: { method: 'GET', path: '/api/v1/me', query: [] },
  me_password: { method: 'PUT', path: '/api/v1/me/password', query: [] },
  second_factor_begin: { method: 'POST', path: '/api/v1/me/second-factor', query: [] },
  second_factor_confirm: { method: 'POST', path: '/api/v1/me/second-factor/confirm', query: [] },
  second_factor_remove: { method: 'POST', path: '/api/v1/me/second-factor/remove', query: [] },
  recovery_codes_renew: { method: 'POST', path: '/api/v1/me/recovery-codes', query: [] },
  my_session_list: { method: 'GET', path: '/api/v1/me/sessions', query: [] },
  my_session_end_others: { method: 'DELETE', path: '/api/v1/me/sessions', query: [] },
  my_session_end: { method: 'DELETE', path: '/api/v1/me/sessions/{session}', query: [] },
  impersonation_begin: { method: 'POST', path: '/api/v1/impersonation', query: [] },
  impersonation_end: { method: 'DELETE', path: '/api/v1/impersonation', query: [] },
  invitation_list: { method: 'GET', path: '/api/v1/users/invitations', query: ['account','cursor','limit'] },
  invitation_create: { method: 'POST', path: '/api/v1/users/invitations', query: ['account'] },
  invitation_delete: { method: 'DELETE', path: '/api/v1/users/invitations/{invitation}', query: ['account'] },
  registration_invitation_list: { method: 'GET', path: '/api/v1/registration/invitations', query: ['account','cursor','limit'] },
  registration_invitation_create: { method: 'POST', path: '/api/v1/registration/invitations', query: [] },
  registration_invitation_delete: { method: 'DELETE', path: '/api/v1/registration/invitations/{invitation}', query: [] },
  registration_link_list: { method: 'GET', path: '/api/v1/registration/links', query: ['account','cursor','limit'] },
  audit_list: { method: 'GET', path: '/api/v1/audit', query: ['account','cursor','limit','actor','action','object','since','until'] },
  account_own: { method: 'GET', path: '/api/v1/account', query: ['account'] },
  account_list: { method: 'GET', path: '/api/v1/accounts', query: ['account','cursor','limit'] },
  account_create: { method: 'POST', path: '/api/v1/accounts', query: [] },
  account_get: { method: 'GET', path: '/api/v1/accounts/{account}', query: [] },
  account_activate: { method: 'POST', path: '/api/v1/accounts/{account}/activate', query: [] },
  account_limits: { method: 'PATCH', path: '/api/v1/accounts/{account}/limits', query: [] },
  user_list: { method: 'GET', path: '/api/v1/users', query: ['account','cursor','limit'] },
  user_create: { method: 'POST', path: '/api/v1/users', query: ['account'] },
  user_change: { method: 'PATCH', path: '/api/v1/users/{user}', query: ['account'] },
  user_delete: { method: 'DELETE', path: '/api/v1/users/{user}', query: ['account'] },
  user_second_factor_reset: { method: 'POST', path: '/api/v1/users/{user}/second-factor/reset', query: ['account'] },
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
  identity_get: { method: 'GET', path: '/api/v1/identity', query: ['account'] },
  identity_submit: { method: 'PUT', path: '/api/v1/identity', query: ['account'] },
  evidence_create: { method: 'POST', path: '/api/v1/identity/evidence', query: ['account','filename'] },
  evidence_delete: { method: 'DELETE', path: '/api/v1/identity/evidence/{evidence}', query: ['account'] },
  identity_review_list: { method: 'GET', path: '/api/v1/identity-reviews', query: ['account','cursor','limit','state'] },
  identity_review_get: { method: 'GET', path: '/api/v1/identity-reviews/{account}', query: [] },
  identity_review_evidence: { method: 'GET', path: '/api/v1/identity-reviews/{account}/evidence/{evidence}', query: [] },
  identity_review_approve: { method: 'POST', path: '/api/v1/identity-reviews/{account}/approve', query: ['submitted_at'] },
  identity_review_reject: { method: 'POST', path: '/api/v1/identity-reviews/{account}/reject', query: ['submitted_at'] },
  setting_list: { method: 'GET', path: '/api/v1/settings', query: ['account','cursor','limit'] },
  setting_put: { method: 'PUT', path: '/api/v1/settings', query: [] },
  account_setting_list: { method: 'GET', path: '/api/v1/accounts/{account}/settings', query: ['account','cursor','limit'] },
  account_setting_put: { method: 'PUT', path: '/api/v1/accounts/{account}/settings', query: [] },
  agreement_get: { method: 'GET', path: '/api/v1/agreement', query: ['language'] },
  agreement_put: { method: 'PUT', path: '/api/v1/agreement', query: [] },
  customer_list: { method: 'GET', path: '/api/v1/customers', query: ['account','cursor','limit','state','search'] },
  customer_get: { method: 'GET', path: '/api/v1/customers/{account}', query: [] },
  account_suspend: { method: 'POST', path: '/api/v1/accounts/{account}/suspend', query: [] },
  account_resume: { method: 'POST', path: '/api/v1/accounts/{account}/resume', query: [] },
  activation_get: { method: 'GET', path: '/api/v1/activation', query: ['account'] },
  activation_accept: { method: 'POST', path: '/api/v1/activation', query: ['account'] },
  billing_get: { method: 'GET', path: '/api/v1/billing', query: ['account'] },
  billing_post_paid: { method: 'PUT', path: '/api/v1/billing/post-paid', query: ['account'] },
  billing_offers: { method: 'GET', path: '/api/v1/billing/offers', query: ['account','cursor','limit'] },
  package_buy: { method: 'POST', path: '/api/v1/billing/packages', query: ['account'] },
  usage_list: { method: 'GET', path: '/api/v1/billing/usage', query: ['account','cursor','limit','from','to','format'] },
  bill_list: { method: 'GET', path: '/api/v1/billing/bills', query: ['account','cursor','limit'] },
  bill_get: { method: 'GET', path: '/api/v1/billing/bills/{bill}', query: ['account'] },
  ledger_list: { method: 'GET', path: '/api/v1/billing/ledger', query: ['account','cursor','limit','format'] },
  account_plan: { method: 'PUT', path: '/api/v1/accounts/{account}/plan', query: [] },
  account_grant: { method: 'POST', path: '/api/v1/accounts/{account}/grants', query: [] },
  account_pay: { method: 'POST', path: '/api/v1/accounts/{account}/payments', query: [] },
  offer_list: { method: 'GET', path: '/api/v1/offers', query: ['account','cursor','limit'] },
  offer_create: { method: 'POST', path: '/api/v1/offers', query: [] },
  offer_change: { method: 'PATCH', path: '/api/v1/offers/{offer}', query: [] },
  price_list: { method: 'GET', path: '/api/v1/prices', query: ['account','cursor','limit'] },
  price_create: { method: 'POST', path: '/api/v1/prices', query: [] },
  payment_webhook: { method: 'POST', path: '/api/v1/payments/webhook', query: [] },
  quota_get: { method: 'GET', path: '/api/v1/quota', query: ['account'] },
  quota_unblock: { method: 'POST', path: '/api/v1/quota/unblock', query: ['account'] },
  account_level: { method: 'PUT', path: '/api/v1/accounts/{account}/levels', query: [] },
  account_level_unblock: { method: 'POST', path: '/api/v1/accounts/{account}/levels/unblock', query: [] },
}
