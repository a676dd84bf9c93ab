// What a check has found of the records that a domain needs.
import type { Domain } from '@/api/generated'

export type DomainRecord = Domain['records'][number]

export interface Findings {
  ok: number
  all: number
  open: DomainRecord[] // not there, or not as they must be
}

export function findings(domain: Pick<Domain, 'records'>): Findings {
  const needed = domain.records.filter((record) => !record.optional)
  const open = needed.filter((record) => record.state !== 'ok')
  return { ok: needed.length - open.length, all: needed.length, open }
}

// Every name under the sandbox's zone; the zone itself is nobody's to publish.
export const isSandboxName = (name: string) => /[^.]\.sandbox\.example$/.test(name)
