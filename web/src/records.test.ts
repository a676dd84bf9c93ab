import { expect, it } from 'vitest'
import { findings, isSandboxName, type DomainRecord } from './records'

const record = (check: string, state: string, optional = false) => ({ check, state, optional }) as DomainRecord

it('counts what is found of what is needed, and names the rest', () => {
  const records = [record('mx', 'ok'), record('spf', 'wrong'), record('dkim', 'missing'), record('dmarc', 'ok'), record('mx', 'missing', true)]
  const { ok, all, open } = findings({ records })
  expect([ok, all, open.map(({ check }) => check)]).toEqual([2, 4, ['spf', 'dkim']])
  expect(findings({ records: [record('mx', 'ok')] }).open).toEqual([])
})

it('knows the names of the sandbox zone, not the zone itself', () => {
  expect(['a.sandbox.example', 'b.a.sandbox.example'].every(isSandboxName)).toBe(true)
  expect(['sandbox.example', '.sandbox.example', 'xsandbox.example', 'sandbox.example.com'].some(isSandboxName)).toBe(false)
})
