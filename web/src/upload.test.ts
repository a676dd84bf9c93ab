import { beforeEach, expect, it, vi } from 'vitest'
import { link, Problem } from '@/api/client'
import { upload } from './upload'

class Request {
  static last: Request
  upload: { onprogress?: (event: { lengthComputable: boolean; loaded: number; total: number }) => void } = {}
  onload?: () => void
  onerror?: () => void
  onabort?: () => void
  ontimeout?: () => void
  status = 0
  responseText = ''
  timeout = 0
  method = ''
  path = ''
  heads: Record<string, string> = {}
  sent: unknown
  constructor() {
    Request.last = this
  }
  open(method: string, path: string) {
    Object.assign(this, { method, path })
  }
  setRequestHeader(name: string, value: string) {
    this.heads[name] = value
  }
  send(body: unknown) {
    this.sent = body
  }
  abort() {
    this.onabort?.()
  }
  answer(status: number, body: string) {
    Object.assign(this, { status, responseText: body })
    this.onload?.()
  }
}
const file = new Blob(['%PDF-'], { type: 'application/pdf' })
const begin = (progress: (part: number) => void = () => undefined) => upload('evidence_create', { query: { filename: 'a b&c.pdf' } }, file, progress)

beforeEach(() => {
  vi.stubGlobal('XMLHttpRequest', Request)
  Object.assign(link, { csrf: 'proof', account: 0 })
})

it('sends the file as it is, with its name and the proof of the session', async () => {
  const parts: number[] = []
  const { done } = begin((part) => parts.push(part))
  const { last } = Request
  expect([last.method, last.path, last.sent]).toEqual(['POST', '/api/v1/identity/evidence?filename=a%20b%26c.pdf', file])
  expect(last.heads).toEqual({ 'Content-Type': 'application/pdf', 'X-Posthouse-Csrf': 'proof' })
  last.upload.onprogress?.({ lengthComputable: true, loaded: 1, total: 4 })
  last.upload.onprogress?.({ lengthComputable: false, loaded: 2, total: 0 })
  last.answer(201, '{"id":"e1"}')
  expect(await done).toEqual({ id: 'e1' })
  expect(parts).toEqual([0.25])
})

it('fails with the refusal, or with what became of the line', async () => {
  const refused = begin()
  Request.last.answer(422, '{"reason":"invalid_field","detail":"The PDF document is broken off.","field":"evidence"}')
  await expect(refused.done).rejects.toMatchObject({ status: 422, reason: 'invalid_field', field: 'evidence' })
  const odd = begin()
  Request.last.answer(502, '<html>')
  await expect(odd.done).rejects.toMatchObject({ status: 502, reason: 'internal' })
  const cut = begin()
  Request.last.onerror?.()
  await expect(cut.done).rejects.toEqual(new Problem(0, 'unreachable', ''))
  const stopped = begin()
  stopped.stop()
  await expect(stopped.done).rejects.toMatchObject({ reason: 'cancelled' })
})
