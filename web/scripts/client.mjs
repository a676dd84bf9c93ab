// Makes src/api/generated.ts, the typed client, of the document that the program serves at
// /api/v1/openapi.json.
//   node scripts/client.mjs FILE           writes it
//   node scripts/client.mjs FILE --check   fails when it is not what would be written: tests/console
import { readFileSync, writeFileSync } from 'node:fs'

const [document, check] = process.argv.slice(2)
if (!document) {
  console.error('node scripts/client.mjs FILE [--check]')
  process.exit(2)
}
const doc = JSON.parse(readFileSync(document, 'utf8'))
const generated = new URL('../src/api/generated.ts', import.meta.url)

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split('/').pop()
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(' | ')
  if (Array.isArray(schema.type))
    return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ')
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ')
  switch (schema.type) {
    case 'string':
      return 'string'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array': {
      const item = typeOf(schema.items ?? {})
      return /^[\w]+$/.test(item) ? `${item}[]` : `Array<${item}>`
    }
    case 'object':
      return objectOf(schema)
    default:
      return 'unknown'
  }
}

function objectOf(schema) {
  if (!schema.properties) {
    const values = schema.additionalProperties
    return `Record<string, ${values && values !== true ? typeOf(values) : 'unknown'}>`
  }
  const must = new Set(schema.required ?? [])
  const members = Object.entries(schema.properties).map(
    ([name, value]) => `${name}${must.has(name) ? '' : '?'}: ${typeOf(value)}`,
  )
  return `{ ${members.join('; ')} }`
}

function operationOf(operation) {
  const parameters = operation.parameters ?? []
  const path = parameters.filter((p) => p.in === 'path').map((p) => `${p.name}: string | number`)
  const body = operation.requestBody?.content['application/json']?.schema
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith('2'))
  const content = good?.[1].content
  let answer = 'undefined'
  if (content) answer = content['application/json'] ? typeOf(content['application/json'].schema) : 'string'
  return {
    type: `{ path: ${path.length ? `{ ${path.join('; ')} }` : 'undefined'}; body: ${
      body ? typeOf(body) : 'undefined'
    }; answer: ${answer} }`,
    query: parameters.filter((p) => p.in === 'query').map((p) => p.name),
  }
}

const lines = [
  '// Made by scripts/client.mjs of /api/v1/openapi.json. Not written by hand.',
  '',
]
for (const [name, schema] of Object.entries(doc.components.schemas))
  lines.push(`export type ${name} = ${typeOf(schema)}`)
lines.push('', 'export interface Operations {')
const table = []
for (const [path, methods] of Object.entries(doc.paths))
  for (const [method, operation] of Object.entries(methods)) {
    const { type, query } = operationOf(operation)
    lines.push(`  ${operation.operationId}: ${type}`)
    table.push(
      `  ${operation.operationId}: { method: '${method.toUpperCase()}', path: '${path}', query: ${JSON.stringify(query).replaceAll('"', "'")} },`,
    )
  }
lines.push('}', '')
lines.push(
  'export const operations: Record<keyof Operations, { method: string; path: string; query: string[] }> = {',
  ...table,
  '}',
  '',
)
const text = lines.join('\n')
if (check !== '--check') {
  writeFileSync(generated, text)
} else if (readFileSync(generated, 'utf8') !== text) {
  console.error('web/src/api/generated.ts is not what the program says: node web/scripts/client.mjs FILE')
  process.exit(1)
}
