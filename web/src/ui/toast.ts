// Short news of what was done; said aloud by screen readers.
import { reactive } from 'vue'

export const toasts = reactive<Array<{ id: number; text: string }>>([])
let last = 0

export function toast(text: string) {
  const id = ++last
  toasts.push({ id, text })
  setTimeout(() => {
    const at = toasts.findIndex((one) => one.id === id)
    if (at >= 0) toasts.splice(at, 1)
  }, 5000)
}
