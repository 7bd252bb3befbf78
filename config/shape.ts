/**
 * Shapes of the structured parts of the configuration file, such as gateways and price sources. Their values are read by
 * the kinds of values that the settings table has (`types.ts`), so a limit is said once. A shape gives the type of what
 * is read, its defaults, everything that is wrong at once, and the JSON schema and the documentation of its keys.
 */
import {
  custom,
  getMetadata,
  lazy,
  looseObject,
  metadata,
  nullish,
  optional,
  pipe,
  rawCheck,
  rawTransform,
  record,
  safeParse,
  string,
  transform,
  unknown,
  array,
  maxLength,
  minLength,
  type GenericSchema,
  type InferOutput,
  type ObjectEntries,
  type ObjectSchema,
} from 'valibot'

import { isMapping } from '../base/index.js'
import type { ConfigPath } from './document.js'
import { unknownKeys, type SectionProblem } from './sections.js'
import { ANY_SCALAR, wrongValue, type ValueType } from './types.js'

/** Reads what the file holds below a key. */
export type Shape<T> = GenericSchema<unknown, T>

/** JSON schema (draft 7) as far as shapes make it. */
export interface JsonSchema {
  readonly type?: unknown
  readonly description?: string
  readonly default?: string | number | boolean
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** What an editor may know of a shape. */
interface ShapeFacts {
  readonly json: JsonSchema
  /** May be missing in the file, though its shape has no default. */
  readonly mayLack?: boolean
}

const factsOf = (shape: Shape<unknown>): ShapeFacts => getMetadata(shape) as unknown as ShapeFacts
const facts = <T>(found: ShapeFacts) => metadata<T, Record<string, unknown>>({ ...found })

const isOptional = ({ type }: Shape<unknown>): boolean => /optional|nullish/.test(type)

/** The JSON schema of a shape: what an editor accepts, and where the documentation comes from. */
export function jsonSchemaOf(shape: Shape<unknown>): JsonSchema {
  const { wrapped, default: fallback } = shape as { wrapped?: Shape<unknown>; default?: unknown }
  if (!isOptional(shape) || wrapped === undefined) return factsOf(shape).json
  const inner = jsonSchemaOf(wrapped)
  return typeof fallback === 'string' || typeof fallback === 'number' || typeof fallback === 'boolean'
    ? { ...inner, default: fallback }
    : inner
}

export interface ValueOptions {
  /** Never repeated in a message. */
  readonly secret?: boolean
  /** Where relative paths count from. */
  readonly folder?: string
  /** Must be there, but not in the file: the program's own section below it has one. */
  readonly mayLack?: boolean
}

/** A single value, read as a setting of the table is. */
export function value<T>(type: ValueType<T>, meaning: string, options: ValueOptions = {}): Shape<T> {
  const parse = (raw: unknown): T | undefined => read(type, raw, options)
  return leaf({ ...type, ...options, meaning, parse })
}

/** A single value that may be left out; null then. */
export function valueOrNone<T>(type: ValueType<T>, meaning: string): Shape<T | null> {
  const parse = (raw: unknown): T | null | undefined => (raw === undefined ? null : read(type, raw, {}))
  return leaf({ ...type, meaning, parse, mayLack: true })
}

/** A value of a form of its own, such as a pair of numbers; `parse` gives undefined for what is none. */
export const special = <T>(leafOf: Omit<Leaf<T>, 'placeholder'>): Shape<T> =>
  leaf({ ...leafOf, placeholder: '' })

interface Leaf<T> extends Pick<ValueType<T>, 'expects' | 'placeholder' | 'schema' | 'words'>, ValueOptions {
  /** One clause without a full stop. */
  readonly meaning: string
  readonly parse: (raw: unknown) => T | undefined
}

function leaf<T>({ parse, meaning, mayLack = false, secret, ...kind }: Leaf<T>): Shape<T> {
  return pipe(
    unknown(),
    rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const found = parse(dataset.value)
      if (found !== undefined) return found
      addIssue({ message: wrongValue(kind, dataset.value, secret) })
      return NEVER
    }),
    facts({ json: { ...(kind.schema ?? ANY_SCALAR), description: `${meaning}: ${kind.expects}` }, mayLack }),
  )
}

/** Digits that stand for a text would have lost their leading zeros: a text must be written as one. */
function read<T>(type: ValueType<T>, raw: unknown, { folder }: ValueOptions): T | undefined {
  if (typeof raw === 'string') return type.parse(raw, folder)
  const isText = (type.schema as { type?: unknown } | undefined)?.type === 'string'
  return !isText && (typeof raw === 'number' || typeof raw === 'boolean')
    ? type.parse(String(raw), folder)
    : undefined
}

const mapping = (message: string) => custom<Record<string, unknown>>(isMapping, message)
export const NO_SECTION = 'must be a section with keys of its own'

/** Keys that are known beforehand. One with nothing behind it counts as not there; one that is unknown is wrong. */
export function section<const E extends ObjectEntries>(
  entries: E,
  { meaning, wrong = NO_SECTION }: { readonly meaning?: string; readonly wrong?: string } = {},
): Shape<InferOutput<ObjectSchema<E, undefined>>> {
  const known = Object.keys(entries)
  // A missing key is read as undefined by the shape of its value, whose error says what it must be.
  const required = known.filter((key) => !isOptional(entries[key] as Shape<unknown>))
  const given = (raw: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
    ...Object.fromEntries(required.map((key) => [key, undefined])),
    ...Object.fromEntries(
      Object.entries(raw).filter(([key, value]) => (value ?? null) !== null || !known.includes(key)),
    ),
  })
  return pipe(
    mapping(wrong),
    transform(given),
    looseObject(entries),
    rawCheck(({ dataset: { value }, addIssue }) => {
      const input = value as Record<string, unknown>
      for (const { path, message } of unknownKeys(input, known)) {
        const key = String(path[0])
        addIssue({ message, path: [{ type: 'object', origin: 'key', input, key, value: input[key] }] })
      }
    }),
    facts({ json: sectionSchema(entries as Readonly<Record<string, Shape<unknown>>>, meaning) }),
  )
}

function sectionSchema(
  entries: Readonly<Record<string, Shape<unknown>>>,
  meaning: string | undefined,
): JsonSchema {
  const required = Object.keys(entries).filter(
    (key) => !isOptional(entries[key]!) && factsOf(entries[key]!).mayLack !== true,
  )
  return {
    type: 'object',
    ...(meaning === undefined ? {} : { description: meaning }),
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, jsonSchemaOf(entry)])),
  }
}

/** A section of things of one kind, under names of the user's. */
export const named = <T>(item: Shape<T>, meaning: string): Shape<Record<string, T>> =>
  pipe(
    mapping(NO_SECTION),
    record(string(), nullish(item, {})),
    facts({ json: { type: 'object', description: meaning, additionalProperties: jsonSchemaOf(item) } }),
  )

export interface ListFacts {
  readonly least?: number
  readonly most: number
  readonly expects: string
  readonly meaning: string
}

/** A list. What is wrong with an item leaves an undefined in its place. */
export function listOfShapes<T>(
  item: Shape<T>,
  { least = 0, most, expects, meaning }: ListFacts,
): Shape<readonly (T | undefined)[]> {
  const wrong = ({ input }: { input: unknown }): string => wrongValue({ expects, placeholder: '' }, input)
  return pipe(
    array(optional(item), wrong),
    minLength(least, wrong),
    maxLength(most, wrong),
    facts({
      json: {
        type: 'array',
        description: meaning,
        ...{ minItems: least, maxItems: most },
        items: jsonSchemaOf(item),
      },
    }),
  )
}

/** A section that may be written as the text that one of its keys has. */
export function orText<T>(key: string, shape: Shape<T>): Shape<T> {
  const { description, ...json } = jsonSchemaOf(shape)
  const { default: _, ...short } = json.properties?.[key] ?? {}
  return pipe(
    unknown(),
    transform((raw) => (typeof raw === 'string' ? { [key]: raw } : raw)),
    shape,
    facts({ json: { ...(description === undefined ? {} : { description }), anyOf: [short, json] } }),
  )
}

/** One of several shapes; what is there says which. */
export const either = <T>(shapes: readonly Shape<T>[], choose: (raw: unknown) => Shape<T>): Shape<T> =>
  pipe(
    lazy((raw) => choose(raw)),
    facts({ json: { anyOf: shapes.map(jsonSchemaOf) } }),
  )

export interface ShapeReading<T> {
  /** What remains without what is wrong, completed by defaults; undefined if nothing does. */
  readonly value: T | undefined
  readonly problems: readonly SectionProblem[]
}

/** To take out what is wrong can make the section around it wrong, once for each level of nesting. */
const MOST_ROUNDS = 10

/** Everything that is wrong, and what is right: so that what depends on several values can be checked as well. */
export function readShape<T>(shape: Shape<T>, raw: unknown): ShapeReading<T> {
  let left: unknown = raw
  let problems: readonly SectionProblem[] = []
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const result = safeParse(shape, left)
    if (result.success) return { value: result.output, problems }
    const wrong = result.issues.map(({ path = [], message }) => ({
      path: path.map(({ key }) => key as string | number),
      message,
    }))
    if (round === 0) problems = wrong
    const before = left
    left = wrong.reduce((rest, { path }) => without(rest, foundPart(before, path)), before)
  }
  return { value: undefined, problems }
}

const partOf = (raw: unknown, step: string | number): unknown =>
  typeof raw === 'object' && raw !== null && Object.hasOwn(raw, step)
    ? (raw as Record<string | number, unknown>)[step]
    : undefined

/** The path to a value that is there; for a missing one, the path to what should hold it. */
function foundPart(raw: unknown, [step, ...rest]: ConfigPath): ConfigPath {
  const part = step === undefined ? undefined : partOf(raw, step)
  return step === undefined || part === undefined ? [] : [step, ...foundPart(part, rest)]
}

/** A copy without what a path leads to. Other items of a list keep their numbers. */
function without(raw: unknown, [step, ...rest]: ConfigPath): unknown {
  if (step === undefined) return undefined
  const part = partOf(raw, step)
  if (part === undefined) return raw
  const inner = without(part, rest)
  return Array.isArray(raw)
    ? raw.with(Number(step), inner)
    : Object.fromEntries(
        Object.entries({ ...(raw as object), [step]: inner }).filter(([, value]) => value !== undefined),
      )
}
