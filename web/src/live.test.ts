import { beforeEach, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { useLive } from './live'

beforeEach(() => {
  const ear = { addEventListener: () => undefined, removeEventListener: () => undefined }
  vi.stubGlobal('document', { ...ear, hidden: false })
  vi.stubGlobal('addEventListener', ear.addEventListener)
  vi.stubGlobal('removeEventListener', ear.removeEventListener)
})

it('keeps what a change has answered when an older look comes back later', async () => {
  let answer: (value: string) => void = () => undefined
  const scope = effectScope()
  const live = scope.run(() => useLive(() => new Promise<string>((resolve) => (answer = resolve))))!
  live.put('newer')
  expect(live.loading.value).toBe(false)
  answer('older')
  await new Promise((next) => setTimeout(next, 0))
  expect(live.data.value).toBe('newer')
  const again = live.refresh()
  answer('newest')
  await again
  expect(live.data.value).toBe('newest')
  scope.stop()
})
