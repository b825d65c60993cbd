import { type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'

/** Which of the subjects the server refuses to this connection, which is closed then. */
export async function refusedSubjects(
  connection: NatsConnection,
  operation: 'publish' | 'subscription',
  subjects: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>()
  const note = (error: unknown) => {
    if (error instanceof PermissionViolationError && error.operation === operation)
      found.add(error.subject)
  }
  const listening = (async () => {
    for await (const status of connection.status()) if ('error' in status) note(status.error)
  })()
  for (const subject of subjects)
    if (operation === 'publish') connection.publish(subject, '{}')
    else connection.subscribe(subject, { callback: (error) => note(error) })
  await connection.flush()
  await connection.close()
  await listening
  return found
}
