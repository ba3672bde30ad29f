/** The DevTools protocol as Node describes it of itself (`/json/protocol` of its inspector), as JSON Schema. */
import { close, open, url } from 'node:inspector'

interface ProtocolType {
  $ref?: string
  type?: string
  enum?: string[]
  items?: ProtocolType
  properties?: (ProtocolType & { name: string; optional?: boolean })[]
}

interface Protocol {
  domains: { domain: string; types?: (ProtocolType & { id: string })[] }[]
}

/** @param name of a type: `Profiler.Profile` */
export async function devtoolsSchema(name: string): Promise<object> {
  open(0, '127.0.0.1')
  try {
    const address = new URL(url() ?? '')
    const response = await fetch(`http://${address.host}/json/protocol`)
    const { domains } = (await response.json()) as Protocol
    const $defs = Object.fromEntries(
      domains.flatMap(({ domain, types = [] }) =>
        types.map((type) => [`${domain}.${type.id}`, schemaOf(type, domain)]),
      ),
    )
    if (!$defs[name]) throw new Error(`the protocol has no ${name}`)
    return { $defs, $ref: `#/$defs/${name}` }
  } finally {
    close()
  }
}

function schemaOf({ $ref, type, items, properties, ...rest }: ProtocolType, domain: string): object {
  if ($ref) return { $ref: `#/$defs/${$ref.includes('.') ? $ref : `${domain}.${$ref}`}` }
  if (type === 'array') return { type, ...(items ? { items: schemaOf(items, domain) } : {}) }
  if (type === 'object' && properties) {
    return {
      type,
      properties: Object.fromEntries(properties.map((one) => [one.name, schemaOf(one, domain)])),
      required: properties.filter(({ optional }) => !optional).map((one) => one.name),
      // What is not in the protocol would not be read: nothing of ours may rely on it.
      additionalProperties: false,
    }
  }
  return { ...(type && type !== 'any' ? { type } : {}), ...(rest.enum ? { enum: rest.enum } : {}) }
}
