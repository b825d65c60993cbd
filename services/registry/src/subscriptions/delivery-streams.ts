import {
  AckPolicy,
  DeliverPolicy,
  type JetStreamManager,
  jetstreamManager,
  type StreamInfo,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'

import { DELIVERIES, deliverySubject, POSITION_HEADER } from './deliveries.ts'
import { DeliveriesUnavailableError } from './subscription.errors.ts'

const PATIENCE = 2_000
const NOT_FOUND = [10_014, 10_037]

export type DeliveryStreams = ReturnType<typeof openDeliveryStreams>

/** What is asked of JetStream besides messages; everything throws DeliveriesUnavailableError while it is away. */
export function openDeliveryStreams(nats: () => NatsConnection | undefined) {
  async function ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    const connection = nats()
    if (!connection) throw new DeliveriesUnavailableError()
    try {
      const options = { checkAPI: false, timeout: PATIENCE }
      return await question(await jetstreamManager(connection, options))
    } catch (cause) {
      throw new DeliveriesUnavailableError(cause)
    }
  }
  return {
    stateOf: (stream: 'LICENSES' | 'DELIVERIES') => ask((manager) => stateOf(manager, stream)),
    addConsumer: (id: string) => ask((manager) => addConsumer(manager, id)),
    /** The consumer of a subscription, and what DELIVERIES still holds for it. */
    remove: (id: string) => ask((manager) => remove(manager, id)),
    purge: (id: string) => ask((manager) => purge(manager, id)),
    listConsumers: () => ask(listConsumers),
    measureConsumer: (id: string) => ask((manager) => measureConsumer(manager, id)),
    measureAfter: (id: string, sequence: number) =>
      ask((manager) => measureAfter(manager, id, sequence)),
    findSequenceAt: (time: Date) => ask((manager) => findSequenceAt(manager, time)),
  }
}

export type StreamState = {
  created: string
  firstSequence: number
  lastSequence: number
  firstTime: string
}

async function stateOf(manager: JetStreamManager, stream: string): Promise<StreamState> {
  const { created, state }: StreamInfo = await manager.streams.info(stream)
  return {
    created,
    firstSequence: state.first_seq,
    lastSequence: state.last_seq,
    firstTime: state.first_ts,
  }
}

/** Adding one that is there already changes nothing. */
async function addConsumer(manager: JetStreamManager, id: string): Promise<void> {
  await manager.consumers.add(DELIVERIES, {
    durable_name: id,
    filter_subject: deliverySubject(id),
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    // One at a time: what a broken connection swallows would otherwise come again behind newer events.
    max_ack_pending: 1,
    ack_wait: nanos(10_000),
  })
}

async function remove(manager: JetStreamManager, id: string): Promise<void> {
  await manager.consumers.delete(DELIVERIES, id).catch(unlessNotFound)
  await purge(manager, id)
}

async function purge(manager: JetStreamManager, id: string): Promise<void> {
  await manager.streams.purge(DELIVERIES, { filter: deliverySubject(id) })
}

async function listConsumers(
  manager: JetStreamManager,
): Promise<{ name: string; created: Date }[]> {
  const found: { name: string; created: Date }[] = []
  for await (const { name, created } of manager.consumers.list(DELIVERIES))
    found.push({ name, created: new Date(created) })
  return found
}

export type Measured = {
  /** Messages that were not acknowledged, or not sent yet. */
  waiting: number
  /** Position of the first of them. */
  first: number | undefined
}

/** A consumer that a lost store took along has nothing waiting, and will be made again. */
async function measureConsumer(manager: JetStreamManager, id: string): Promise<Measured> {
  const info = await manager.consumers.info(DELIVERIES, id).catch(unlessNotFound)
  if (!info) return { waiting: 0, first: undefined }
  return {
    waiting: info.num_pending + info.num_ack_pending,
    first: await positionAfter(manager, id, info.ack_floor.stream_seq),
  }
}

async function measureAfter(
  manager: JetStreamManager,
  id: string,
  sequence: number,
): Promise<Measured> {
  // Only a consumer knows how many messages of a subject follow; it is asked once.
  const consumer = await manager.consumers.add(DELIVERIES, {
    filter_subject: deliverySubject(id),
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: sequence + 1,
    inactive_threshold: nanos(5_000),
    mem_storage: true,
  })
  await manager.consumers.delete(DELIVERIES, consumer.name).catch(() => false)
  return { waiting: consumer.num_pending, first: await positionAfter(manager, id, sequence) }
}

async function positionAfter(
  manager: JetStreamManager,
  id: string,
  sequence: number,
): Promise<number | undefined> {
  const query = { seq: sequence + 1, next_by_subj: deliverySubject(id) }
  const message = await manager.streams.getMessage(DELIVERIES, query).catch(unlessNotFound)
  return message ? Number(message.header.get(POSITION_HEADER)) : undefined
}

/** Sequence of the first message of LICENSES since a time; the next one that will come where there is none. */
async function findSequenceAt(manager: JetStreamManager, time: Date): Promise<number> {
  const consumer = await manager.consumers.add('LICENSES', {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: time.toISOString(),
    inactive_threshold: nanos(5_000),
    mem_storage: true,
  })
  await manager.consumers.delete('LICENSES', consumer.name).catch(() => false)
  // It stands before the first that it would deliver.
  return consumer.delivered.stream_seq + 1
}

function unlessNotFound(error: unknown): undefined {
  const { code, status } = error as { code?: number; status?: number }
  if (NOT_FOUND.includes(code ?? 0) || status === 404) return undefined
  throw error
}
