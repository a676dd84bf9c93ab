// Light or dark: as the machine says until the person says otherwise.
import { ref, watchEffect } from 'vue'

export type Theme = 'light' | 'dark'
const kept = 'posthouse.theme'
const dark = window.matchMedia('(prefers-color-scheme: dark)')
const own = localStorage.getItem(kept)
export const theme = ref<Theme>(
  own === 'light' || own === 'dark' ? own : dark.matches ? 'dark' : 'light',
)

dark.addEventListener('change', () => {
  if (!localStorage.getItem(kept)) theme.value = dark.matches ? 'dark' : 'light'
})

export function toggleTheme() {
  theme.value = theme.value === 'dark' ? 'light' : 'dark'
  localStorage.setItem(kept, theme.value)
}

watchEffect(() => document.documentElement.setAttribute('theme-mode', theme.value))
