import { type Database, open, type RootDatabase } from 'lmdb'

import type { SealedRecord } from './sealed-record.ts'

/** How far the projection is; kept in the same transaction as what it says. */
export type ProjectionState = {
  /** Sequence in LICENSES up to which everything is applied. */
  position: number
  /** When that stream was created; a stream made anew counts from 1 again. */
  streamCreated: string
  /** False while the snapshot is still being loaded. */
  complete: boolean
  /** When it was last known to be complete up to the end of the stream, in ms. */
  caughtUpAt: number
}

/** The same of SEALED, which has a snapshot of its own. */
export type SealedState = Omit<ProjectionState, 'caughtUpAt'>

export type ParkedEvent = {
  id: string
  subject: string
  streamSequence: number
  reason: string
  detail: string
  message: string
  parkedAt: string
}

/** One LMDB environment; several processes may have it open, one of them writes. */
export type ProjectionStore = {
  readonly folder: string
  readonly root: RootDatabase<Buffer, Buffer>
  /** Status history by type and number: small, so that the hot path is one small read. */
  readonly statuses: Database<Buffer, Buffer>
  /** Everything, by type, number and id: in the order of a snapshot. */
  readonly licenses: Database<Buffer, Buffer>
  /** Key in `licenses` by id. */
  readonly ids: Database<Buffer, Buffer>
  /** Personal and secret claims by license id, encrypted. */
  readonly sealed: Database<SealedRecord, Buffer>
  /** By place in LICENSES and line of a snapshot; what SEALED has refused stands at lines below 0. */
  readonly parked: Database<ParkedEvent, [number, number]>
  readonly meta: Database<ProjectionState, string>
  /** The position once more, for those who need nothing else and often. */
  readonly position: Database<Buffer, Buffer>
}

export type OpenOptions = { readOnly?: boolean; maxGiB: number }

/**
 * Opens or creates an environment. LMDB's overlapping sync stays on: a commit is visible at once and
 * survives a kill -9; a power failure goes back to the last flush, from where the stream is followed again.
 */
export function openProjection(folder: string, { readOnly, maxGiB }: OpenOptions): ProjectionStore {
  const root = open<Buffer, Buffer>({
    path: folder,
    readOnly: readOnly ?? false,
    noSubdir: false,
    mapSize: maxGiB * 2 ** 30,
    maxReaders: 512,
    maxDbs: 12,
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  // Slots of processes that were killed hold old pages until they are cleared.
  root.readerCheck()
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const
  const json = { encoding: 'json', keyEncoding: 'ordered-binary' } as const
  return {
    folder,
    root,
    statuses: root.openDB('statuses', binary),
    licenses: root.openDB('licenses', binary),
    ids: root.openDB('ids', binary),
    sealed: root.openDB('sealed', { encoding: 'json', keyEncoding: 'binary' }),
    parked: root.openDB('parked', json),
    meta: root.openDB('meta', json),
    position: root.openDB('position', binary),
  }
}

const NOT_LOADED: ProjectionState = {
  position: 0,
  streamCreated: '',
  complete: false,
  caughtUpAt: 0,
}

const NO_SEALED_CLAIMS: SealedState = { position: 0, streamCreated: '', complete: false }

const POSITION = Buffer.from('position')

export function readState(store: ProjectionStore): ProjectionState {
  return store.meta.get('state') ?? NOT_LOADED
}

export function writeState(store: ProjectionStore, state: ProjectionState): void {
  store.meta.put('state', state)
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(state.position)
  store.position.put(POSITION, bytes)
}

export function readSealedState(store: ProjectionStore): SealedState {
  return (store.meta.get('sealed') as SealedState | undefined) ?? NO_SEALED_CLAIMS
}

export function writeSealedState(store: ProjectionStore, state: SealedState): void {
  store.meta.put('sealed', { ...state, caughtUpAt: 0 })
}

export function readPosition(store: ProjectionStore): number {
  return store.position.getBinaryFast(POSITION)?.readDoubleLE(0) ?? readState(store).position
}

/** A type has no NUL, so keys sort by type, then number, both in byte order. */
export function statusKey(type: string, number: string): Buffer {
  return Buffer.from(`${type}\0${number}`)
}

export function licenseKey(type: string, number: string, licenseId: string): Buffer {
  return Buffer.from(`${type}\0${number}\0${licenseId}`)
}
