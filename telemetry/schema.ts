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
