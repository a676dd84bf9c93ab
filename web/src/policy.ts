// What a person's role lets him do, and what a policy leaves of it, in the words of the API.
import { t } from '@/i18n'
import type { Me } from '@/api/generated'
import type { Role } from '@/session'

export type Policy = NonNullable<Me['policy']>

export const rights = ['view', 'send', 'read_message', 'manage_domains', 'manage_addresses', 'manage_keys', 'manage_users'] as const
export type Right = (typeof rights)[number]

// As core's table of roles says (core/access.cpp).
const taken: Record<Role, Right[]> = {
  operator: [],
  owner: [],
  administrator: [],
  developer: ['manage_domains', 'manage_addresses', 'manage_users'],
  viewer: ['send', 'manage_domains', 'manage_addresses', 'manage_keys', 'manage_users'],
}
export const rightsOf = (role: string): Right[] => rights.filter((right) => !(taken[role as Role] ?? rights).includes(right))

export interface Wish {
  someDomains: boolean
  domains: string[]
  someRights: boolean
  rights: string[]
}

export const wishOf = (policy: Policy | null | undefined, role: string): Wish => ({
  someDomains: !!policy?.domains.length,
  domains: [...(policy?.domains ?? [])],
  someRights: !!policy?.actions.length,
  rights: policy?.actions.length ? [...policy.actions] : rightsOf(role),
})

// Nothing listed is no narrowing: the API's way to say all.
export function policyOf(wish: Wish, role: string): Policy {
  const all = rightsOf(role)
  const chosen = all.filter((right) => wish.rights.includes(right))
  return {
    domains: wish.someDomains ? [...new Set(wish.domains)] : [],
    actions: wish.someRights && chosen.length < all.length ? chosen : [],
  }
}

// What of a wish would say all while the form says some.
export function wishFault(wish: Wish, role: string): 'domains' | 'rights' | '' {
  if (wish.someDomains && !wish.domains.length) return 'domains'
  return wish.someRights && !rightsOf(role).some((right) => wish.rights.includes(right)) ? 'rights' : ''
}

export function policyText(policy: Policy | null | undefined): string {
  const parts = []
  if (policy?.actions.length) parts.push(policy.actions.map((right) => t(`right.${right}`)).join(t('users.comma')))
  if (policy?.domains.length) parts.push(t('users.onlyDomains', { domains: policy.domains.join(t('users.comma')) }))
  return parts.join(t('addresses.and'))
}
