import { createApp } from 'vue'
import App from '@/App.vue'
import { i18n } from '@/i18n'
import { makeRouter } from '@/router'
import { loadAccounts, probe } from '@/session'
import '@/theme'
import '@/styles.css'

async function begin() {
  try {
    if (await probe()) await loadAccounts()
  } catch {
    // The page shows that the server does not answer, and tries again.
  }
  createApp(App).use(i18n).use(makeRouter()).mount('#app')
}

void begin()
