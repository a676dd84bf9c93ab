import { expect, it } from 'vitest'
import { evidenceFault, evidenceType, mostFiles, mostOctets } from './evidence'

const file = (name: string, type: string, size = 100) => ({ name, type, size })

it('takes PDF, JPEG and PNG, by the name where the browser does not know', () => {
  expect(evidenceType(file('licence.pdf', 'application/pdf'))).toBe('application/pdf')
  expect(evidenceType(file('SCAN.JPEG', ''))).toBe('image/jpeg')
  expect(evidenceType(file('a.b.png', ''))).toBe('image/png')
})

it('refuses what the server would refuse', () => {
  expect(evidenceFault(file('a.svg', 'image/svg+xml'), 0)).toBe('type')
  expect(evidenceFault(file('a.pdf', 'text/html'), 0)).toBe('type')
  expect(evidenceFault(file('pdf', ''), 0)).toBe('')
  expect(evidenceFault(file('pdfs', ''), 0)).toBe('type')
  expect(evidenceFault(file('a.pdf', 'application/pdf', 0), 0)).toBe('empty')
  expect(evidenceFault(file('a.pdf', 'application/pdf', mostOctets), mostFiles - 1)).toBe('')
  expect(evidenceFault(file('a.pdf', 'application/pdf', mostOctets + 1), 0)).toBe('size')
  expect(evidenceFault(file('a.pdf', 'application/pdf'), mostFiles)).toBe('count')
})
