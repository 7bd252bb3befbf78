/** Pieces of the descriptions of the API. */
export const NULLABLE_NUMBER = { type: ['number', 'null'] }
export const NULLABLE_TEXT = { type: ['string', 'null'] }
export const TEXT = { type: 'string' }
export const NUMBER = { type: 'number' }

/** All members are there. */
export const object = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
})
export const list = (items: object) => ({ type: 'array', items })

export const parameter = (name: string, description: string, type: 'integer' | 'string' = 'integer') => ({
  name,
  in: 'query',
  description,
  schema: { type },
})

/** With it among its parameters an answer may be a table, too. */
export const FORMAT = parameter('format', 'json or csv', 'string')

export const answer = (description: string, schema: object) => ({
  description,
  content: { 'application/json': { schema } },
})
export const ERROR = answer('Refused, with the reason', object({ error: TEXT }))

interface Asked {
  readonly summary: string
  readonly parameters?: readonly object[] | undefined
  readonly schema: object
  /** Besides those that each request may get. */
  readonly responses?: Readonly<Record<number, object>>
}

export function reading(operationId: string, { summary, parameters, schema, responses }: Asked) {
  const { description, content } = answer('It is so', schema)
  const table = parameters?.includes(FORMAT) === true ? { 'text/csv': { schema: TEXT } } : {}
  return {
    get: {
      ...{ operationId, summary },
      ...(parameters ? { parameters } : {}),
      responses: {
        200: { description, content: { ...content, ...table } },
        ...(parameters ? { 400: ERROR } : {}),
        ...{ 403: ERROR, 429: ERROR },
        ...responses,
      },
    },
  }
}

export const serverEvents = (operationId: string, summary: string) => ({
  get: {
    operationId,
    summary,
    responses: { 200: { description: 'Never ends', content: { 'text/event-stream': {} } } },
  },
})
