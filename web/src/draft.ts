// A mail that is being written outlives the page and a lost session, in this browser window and for
// this person; his sign-out ends it.
export interface Draft {
  from: string
  to: string
  cc: string
  bcc: string
  subject: string
  text: string
  html: string
}

const name = (email: string) => `posthouse.draft.${email}`
const empty: Draft = { from: '', to: '', cc: '', bcc: '', subject: '', text: '', html: '' }

export function keptDraft(email: string): Draft {
  try {
    const kept = JSON.parse(sessionStorage.getItem(name(email)) ?? '{}') as Partial<Draft>
    return { ...empty, ...kept }
  } catch {
    return { ...empty }
  }
}

export function keepDraft(email: string, draft: Draft) {
  try {
    sessionStorage.setItem(name(email), JSON.stringify(draft))
  } catch {
    // Larger than the browser keeps: the page still has it.
  }
}

export const forgetDraft = (email: string) => sessionStorage.removeItem(name(email))
