// A page whose code could not be loaded: kept as a wish until the server is back; after a new build,
// whose files have other names, the whole page is loaded once.
import { watch } from 'vue'
import { answers, line } from '@/api/client'

export interface Ways {
  go: (path: string) => void
  load: (path: string) => void // all of it anew
  fail: () => void // it does not come, though the server answers
}

const tried = 'posthouse.loaded'
let wish = ''

// The browsers' words, and those of the loader for styles.
export const isMissingCode = (error: unknown) =>
  error instanceof Error && /dynamically imported|module script|preload/i.test(error.message)

export async function keepWish(path: string, { go, load, fail }: Ways) {
  wish = path
  if (await answers()) {
    if (wish !== path) return
    if (sessionStorage.getItem(tried) === path) return fail()
    sessionStorage.setItem(tried, path)
    return load(path)
  }
  const stop = watch(() => line.away, (away) => {
    if (away) return
    stop()
    if (wish === path) go(path)
  })
}

// Some page is there: what was wished before is so no more.
export function arrived() {
  wish = ''
  sessionStorage.removeItem(tried)
}
