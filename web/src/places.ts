// Which pages a person has in his list, as the navigation shows them.
import { installation } from '@/installation'
import { isOperator, may, session } from '@/session'

const hidden: Record<string, () => boolean> = {
  '/keys': () => !may('keys'),
  '/users': () => !may('users'),
  '/audit': () => !may('users'),
  // The operator reviews it elsewhere.
  '/identity': () => isOperator.value || !may('users'),
  '/send': () => !may('send'),
  '/activate': () => session.accountState !== 'created' || isOperator.value,
  '/billing': () => !may('view'),
  '/quota': () => !may('view'),
  ...Object.fromEntries(['/customers', '/identity-reviews', '/registrations', '/offers', '/settings'].map((path) => [path, () => !isOperator.value])),
  '/queue': () => !isOperator.value,
  '/sandbox': () => !installation.value?.sandbox,
}
export const shows = (path: string) => !hidden[path]?.()
