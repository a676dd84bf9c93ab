// Which pages a person has in his list, as the navigation shows them.
import { installation } from '@/installation'
import { isOperator, may } from '@/session'

const hidden: Record<string, () => boolean> = {
  '/keys': () => !may('keys'),
  '/send': () => !may('send'),
  '/queue': () => !isOperator.value,
  '/sandbox': () => !installation.value?.sandbox,
}
export const shows = (path: string) => !hidden[path]?.()
