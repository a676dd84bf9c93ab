import { expect, it, vi } from 'vitest'
import { readFileSync } from 'node:fs'

vi.mock('@/i18n', () => ({ t: (key: string, given?: Record<string, string>) => (given ? `${key}(${Object.values(given).join()})` : key) }))
const { policyOf, policyText, rights, rightsOf, wishFault, wishOf } = await import('./policy')

it('gives each role what the server gives it', () => {
  const source = readFileSync(new URL('../../src/core/access.cpp', import.meta.url), 'utf8')
  const rows = [...source.matchAll(/\/\* (\w+)\s*\*\/ \{([^}]*)\}/g)]
  expect(rows.length).toBe(5)
  for (const [, name, cells] of rows) {
    const may = cells.split(',').map((cell) => cell.trim() === 'true')
    expect(rightsOf(name === 'admin' ? 'administrator' : name), name).toEqual(rights.filter((_, at) => may[at]))
  }
})

it('says nothing where nothing is narrowed', () => {
  expect(policyOf(wishOf(null, 'developer'), 'developer')).toEqual({ domains: [], actions: [] })
  const all = { ...wishOf(null, 'viewer'), someRights: true }
  expect(policyOf(all, 'viewer')).toEqual({ domains: [], actions: [] })
  expect(policyText(null)).toBe('')
})

it('keeps of the rights those that the role has, in their order', () => {
  const wish = { someDomains: true, domains: ['a.example', 'a.example'], someRights: true, rights: ['send', 'view', 'manage_users'] }
  expect(policyOf(wish, 'developer')).toEqual({ domains: ['a.example'], actions: ['view', 'send'] })
  expect(policyOf({ ...wish, someDomains: false }, 'administrator')).toEqual({ domains: [], actions: ['view', 'send', 'manage_users'] })
})

it('comes back as it went', () => {
  const policy = { domains: ['a.example'], actions: ['view', 'send'] }
  expect(policyOf(wishOf(policy, 'developer'), 'developer')).toEqual(policy)
})

it('finds what would say all while some were meant', () => {
  const wish = { someDomains: true, domains: [], someRights: false, rights: [] }
  expect(wishFault(wish, 'viewer')).toBe('domains')
  expect(wishFault({ ...wish, domains: ['a'], someRights: true, rights: ['manage_users'] }, 'viewer')).toBe('rights')
  expect(wishFault({ ...wish, domains: ['a'], someRights: true, rights: ['view'] }, 'viewer')).toBe('')
})
