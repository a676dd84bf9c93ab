// The names and addresses of this installation, asked once.
import { computed, ref } from 'vue'
import { call } from '@/api/client'
import type { Installation } from '@/api/generated'

export const installation = ref<Installation>()
let asked: Promise<void> | undefined

export function loadInstallation(): Promise<void> {
  asked ??= call('installation_get').then(
    (answer) => void (installation.value = answer),
    () => void (asked = undefined),
  )
  return asked
}

// Where an application reaches the submission door: a listener on every address is reached by the
// name of the mail host.
function reach(endpoint: string | undefined, mailHost: string) {
  if (!endpoint) return null
  const at = endpoint.lastIndexOf(':')
  const address = endpoint.slice(0, at).replace(/^\[|\]$/g, '')
  const everywhere = address === '0.0.0.0' || address === '::'
  return { host: everywhere ? mailHost : address, port: Number(endpoint.slice(at + 1)) }
}

export const submission = computed(() => {
  const at = installation.value
  return {
    starttls: at ? reach(at.submission[0], at.mail_host) : null,
    tls: at ? reach(at.submission_tls[0], at.mail_host) : null,
  }
})
