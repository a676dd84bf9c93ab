// Filters of a page, kept in its address: a link shows the same, and the back button goes back.
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

export function useFilter(name: string, typed: 'typed' | 'chosen' = 'chosen') {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => String(route.query[name] ?? ''),
    set: (text: string) => {
      const to = { path: route.path, query: { ...route.query, [name]: text || undefined } }
      // Each letter would be a step back.
      void (typed === 'typed' ? router.replace(to) : router.push(to))
    },
  })
}
