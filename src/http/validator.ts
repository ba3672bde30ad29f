import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

const wholeNumber = /^\d{1,15}$/

/**
 * Compiles a TypeBox schema to a check. Nothing is coerced and nothing removed, with one exception: everything in a
 * query string is text, so a field that the schema calls an integer may be given as plain digits. Schemas of headers
 * stand in the documentation only; routes check the few they read.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'headers') return () => true
  const validator = Compile(schema)
  const integers = httpPart === 'querystring' ? integerFields(schema) : []
  return (given: unknown) => {
    const value = integers.length > 0 ? withIntegers(given as Record<string, unknown>, integers) : given
    return validator.Check(value) ? { value } : { error: validator.Errors(value).slice(0, 1) }
  }
}

function integerFields(schema: TSchema): string[] {
  const { properties = {} } = schema as {
    properties?: Record<string, { type?: string }>
  }
  return Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
}

function withIntegers(query: Record<string, unknown>, names: string[]): Record<string, unknown> {
  const result = { ...query }
  for (const name of names) {
    const value = result[name]
    if (typeof value === 'string' && wholeNumber.test(value)) result[name] = Number(value)
  }
  return result
}
