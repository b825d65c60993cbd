import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { isIP } from 'node:net'
import { createGunzip } from 'node:zlib'

import { createGuardedLookup, isPublicAddress } from '@lexchange/outgoing'

export type OutsideOptions = {
  /** Whether hosts of this network may be asked, e.g. where everything runs on one machine. */
  privateHosts: boolean
  maxBytes: number
  /** For all of it, in ms. */
  patience: number
  accept: string
}

/** Nothing was fetched; the message says why. */
export class OutsideError extends Error {
  override readonly name = 'OutsideError'
}

const lookupPublic = createGuardedLookup()

/**
 * Fetches a text from a host that somebody else has named. The address is looked at when the connection is
 * made, because a name may lead elsewhere by then; redirects are not followed.
 * @throws OutsideError
 */
export async function fetchOutside(address: string, options: OutsideOptions): Promise<string> {
  const url = new URL(address)
  if (url.username !== '' || url.password !== '') throw new OutsideError('names a user')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // An address in the URL itself is never looked up.
  if (!options.privateHosts && isIP(host) !== 0 && !isPublicAddress(host))
    throw new OutsideError(`${host} is not a public address`)
  const signal = AbortSignal.timeout(options.patience)
  try {
    const response = await get(url, options, signal)
    if (response.statusCode !== 200) {
      response.destroy()
      throw new OutsideError(`${url.host} answered ${response.statusCode}`)
    }
    return await readBounded(response, options.maxBytes)
  } catch (error) {
    if (error instanceof OutsideError) throw error
    throw new OutsideError(`${url.host} could not be reached`, { cause: error })
  }
}

function get(url: URL, options: OutsideOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? getHttps : getHttp
  return new Promise((resolve, reject) => {
    request(
      url,
      {
        signal,
        agent: false,
        headers: { accept: options.accept, 'accept-encoding': 'gzip' },
        ...(!options.privateHosts && { lookup: lookupPublic }),
      },
      resolve,
    ).on('error', reject)
  })
}

async function readBounded(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of unpacked(response) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) {
      response.destroy()
      throw new OutsideError('the answer is too large')
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1')
}

/** What is counted is what it unpacks to. */
function unpacked(response: IncomingMessage): AsyncIterable<unknown> {
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return response
  if (encoding !== 'gzip') throw new OutsideError(`the answer is packed by ${encoding}`)
  return compose(response, createGunzip())
}

function compose(response: IncomingMessage, gunzip: ReturnType<typeof createGunzip>) {
  response.on('error', (error) => gunzip.destroy(error))
  return response.pipe(gunzip)
}
