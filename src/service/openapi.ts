import { type ConversionConfig, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema'
import * as v from 'valibot'
import type { Content, Route } from './route.ts'
import { Problem } from './schemas.ts'

export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  readonly description: string
}

/**
 * The OpenAPI document of routes: paths from the routes' own table, schemas from the ones that they are made with.
 *
 * @param named schemas that get a name of their own, for the others to refer to
 */
export function openApiOf(
  info: OpenApiInfo,
  routes: readonly Route[],
  named: Readonly<Record<string, v.GenericSchema>>,
): object {
  const config: ConversionConfig = {
    typeMode: 'input',
    errorMode: 'throw',
    // A pipe is checked by its first schema, which is what the wire has; what it is then made into is ours.
    ignoreActions: ['transform'],
    definitions: named,
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  }
  const schemaOf = (schema: v.GenericSchema): object => {
    const { $schema: _, $defs: __, ...plain } = toJsonSchema(schema, config)
    return plain
  }
  const contentOf = (content: Content): object =>
    mapValues(content, ({ schema, example }) => ({
      schema: schemaOf(schema),
      ...(example === undefined ? {} : { example }),
    }))
  const paths: Record<string, Record<string, object>> = {}
  for (const each of routes) {
    paths[each.path] = { ...paths[each.path], [each.method]: operationOf(each, schemaOf, contentOf) }
  }
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: mapValues(toJsonSchemaDefs(named, config), ({ $schema: _, ...plain }) => plain),
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key of the service.' } },
    },
  }
}

function operationOf(
  { id, summary, description, scope, params, query, body, responses }: Route,
  schemaOf: (schema: v.GenericSchema) => object,
  contentOf: (content: Content) => object,
): object {
  const parameters = (where: 'path' | 'query', schemas: Route['query']): object[] =>
    Object.entries(schemas).map(([name, schema]) => ({
      name,
      in: where,
      required: where === 'path',
      description: v.getDescription(schema),
      schema: schemaOf(schema),
    }))
  const refused = {
    description: 'Refused, and why.',
    content: contentOf({ 'application/problem+json': { schema: Problem } }),
  }
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(scope === undefined ? {} : { security: [{ key: [] }, {}], 'x-scope': scope }),
    parameters: [...parameters('path', params), ...parameters('query', query)],
    ...(body === undefined
      ? {}
      : { requestBody: { description: body.description, required: true, content: contentOf(body.content) } }),
    responses: {
      ...mapValues(responses, ({ description: said, content }) => ({
        description: said,
        ...(content === undefined ? {} : { content: contentOf(content) }),
      })),
      default: refused,
    },
  }
}

function mapValues<T, U>(record: Readonly<Record<string | number, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
