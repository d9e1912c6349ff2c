import { EVENT_TYPES } from './event.ts'
import type { TrainingFacts } from './model.ts'

/** The words of a model file: its header, JSON in snake_case. */
export interface ModelHeader {
  readonly name: string
  readonly version: string
  readonly feature_set: string
  readonly feature_set_hash: string
  readonly features: readonly string[]
  readonly event_types: readonly string[]
  readonly training: TrainingFacts
}

/** Most event types that a model knows: each is a float in every baseline. */
export const MAX_EVENT_TYPES = 32

/** @throws RangeError naming the first field that is missing or wrong */
export function readHeader(json: string): ModelHeader {
  const header = object('header', parse(json))
  const eventTypes = texts('event_types', header.event_types, MAX_EVENT_TYPES)
  if (!EVENT_TYPES.every((type) => eventTypes.includes(type)) || new Set(eventTypes).size !== eventTypes.length) {
    throw new RangeError(`model header: got event_types without ${EVENT_TYPES.join(', ')}, or with one twice`)
  }
  const training = object('training', header.training)
  return {
    name: text('name', header.name),
    version: text('version', header.version),
    feature_set: text('feature_set', header.feature_set),
    feature_set_hash: text('feature_set_hash', header.feature_set_hash),
    features: texts('features', header.features, 1024),
    event_types: eventTypes,
    training: {
      rows: number('training.rows', training.rows),
      users: number('training.users', training.users),
      from: training.from === null ? null : text('training.from', training.from),
      to: training.to === null ? null : text('training.to', training.to),
      seed: number('training.seed', training.seed),
      contamination: share('training.contamination', training.contamination),
    },
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new RangeError('model header: got text that is not JSON', { cause })
  }
}

type Fields = Readonly<Record<string, unknown>>

function object(field: string, value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new RangeError(`model header: got no object for ${field}`)
}

function text(field: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 200) return value
  throw new RangeError(`model header: got no text of 1 to 200 characters for ${field}`)
}

function texts(field: string, value: unknown, most: number): string[] {
  if (Array.isArray(value) && value.length <= most) return value.map((item) => text(field, item))
  throw new RangeError(`model header: got no list of at most ${most} for ${field}`)
}

function number(field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new RangeError(`model header: got no number for ${field}`)
}

function share(field: string, value: unknown): number {
  const given = number(field, value)
  if (given >= 0 && given <= 0.5) return given
  throw new RangeError(`model header: got ${given} for ${field} when expected 0 to 0.5`)
}
