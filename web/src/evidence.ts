// Which files prove an identity: their kind and size, before they are sent.
export const evidenceTypes: Record<string, string> = { pdf: 'application/pdf', jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png' }
export const mostFiles = 10
export const mostOctets = 5 * 1024 * 1024

// By its name where the browser does not know; "" for what is not taken.
export function evidenceType(file: { name: string; type: string }): string {
  const known = Object.values(evidenceTypes)
  if (file.type) return known.includes(file.type) ? file.type : ''
  return evidenceTypes[file.name.slice(file.name.lastIndexOf('.') + 1).toLowerCase()] ?? ''
}

export function evidenceFault(file: { name: string; type: string; size: number }, there: number): 'type' | 'size' | 'empty' | 'count' | '' {
  if (!evidenceType(file)) return 'type'
  if (file.size === 0) return 'empty'
  if (file.size > mostOctets) return 'size'
  return there >= mostFiles ? 'count' : ''
}
