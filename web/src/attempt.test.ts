import { expect, it } from 'vitest'
import { Problem } from '@/api/client'
import { useAttempt } from './attempt'

const refusal = new Problem(422, 'invalid_field', 'no', 'name')

it('is busy while it asks, keeps the refusal, and forgets it at the next try', async () => {
  const { busy, problem, attempt } = useAttempt()
  let told: Problem | undefined
  const asked = attempt(
    async () => {
      expect(busy.value).toBe(true)
      throw refusal
    },
    (why) => (told = why),
  )
  await asked
  expect([busy.value, problem.value, told]).toEqual([false, refusal, refusal])
  await attempt(async () => undefined)
  expect(problem.value).toBeUndefined()
})

it('leaves what is no refusal to whoever called', async () => {
  const { busy, attempt } = useAttempt()
  await expect(
    attempt(async () => {
      throw new TypeError('a mistake of ours')
    }),
  ).rejects.toThrow('a mistake of ours')
  expect(busy.value).toBe(false)
})
