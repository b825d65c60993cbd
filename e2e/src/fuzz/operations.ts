/** JSON Schema, as far as the documents of the services use it. */
export type Schema = {
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  patternProperties?: Record<string, Schema>
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  pattern?: string
  format?: string
}

type Media = { schema?: Schema; example?: unknown; examples?: Record<string, { value: unknown }> }
export type Parameter = {
  in: 'path' | 'query' | 'header'
  name: string
  required?: boolean
  schema: Schema
  example?: unknown
}

/** One operation of one service. */
export type Operation = {
  service: string
  base: string
  method: string
  path: string
  id: string
  parameters: Parameter[]
  bodies: Record<string, Media>
  responses: Record<string, { content?: Record<string, Media> }>
  scopes: string[]
}

type Described = {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, Media> }
  responses: Operation['responses']
  security?: Record<string, string[]>[]
}

/** Everything that a service says it does, by its own document. */
export async function readOperations(service: string, base: string): Promise<Operation[]> {
  const response = await fetch(`${base}/openapi.json`)
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, Described>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ service, base, path, method: method.toUpperCase() },
      id: `${service} ${operation.operationId}`,
      parameters: operation.parameters ?? [],
      bodies: operation.requestBody?.content ?? {},
      responses: operation.responses,
      scopes: (operation.security ?? []).flatMap(({ oauth2 = [] }) => oauth2),
    })),
  )
}
