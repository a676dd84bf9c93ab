// What a form asks of the server: busy meanwhile, and the refusal stays for the form to show.
import { ref } from 'vue'
import { Problem } from '@/api/client'

export function useAttempt() {
  const busy = ref(false)
  const problem = ref<Problem>()

  async function attempt(work: () => Promise<unknown>, refused?: (why: Problem) => unknown) {
    busy.value = true
    problem.value = undefined
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
      await refused?.(error)
    } finally {
      busy.value = false
    }
  }
  return { busy, problem, attempt }
}
