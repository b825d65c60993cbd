import { endianness } from 'node:os'
import { CryptokiError } from './cryptoki.errors.ts'
import { CKR } from './cryptoki.ts'
import { type AddressOf, type Struct, WORD } from './memory.ts'

type ArgumentType = 'uchar' | 'ulong' | 'void *'

/** PKCS #11 2.40, 5: the functions that are used, each with the types of its arguments. */
const FUNCTIONS = {
  C_Initialize: ['void *'],
  C_Finalize: ['void *'],
  C_GetSlotList: ['uchar', 'void *', 'void *'],
  C_GetTokenInfo: ['ulong', 'void *'],
  C_OpenSession: ['ulong', 'ulong', 'void *', 'void *', 'void *'],
  C_Login: ['ulong', 'ulong', 'void *', 'ulong'],
  C_GetAttributeValue: ['ulong', 'ulong', 'void *', 'ulong'],
  C_FindObjectsInit: ['ulong', 'void *', 'ulong'],
  C_FindObjects: ['ulong', 'void *', 'ulong', 'void *'],
  C_FindObjectsFinal: ['ulong'],
  C_DestroyObject: ['ulong', 'ulong'],
  C_GenerateKeyPair: ['ulong', 'void *', 'void *', 'ulong', 'void *', 'ulong', 'void *', 'void *'],
  C_SignInit: ['ulong', 'void *', 'ulong'],
  C_Sign: ['ulong', 'void *', 'ulong', 'void *', 'void *'],
} as const satisfies Record<string, readonly ArgumentType[]>

type FunctionName = keyof typeof FUNCTIONS
type Argument = number | bigint | null | Uint8Array | Struct
type NativeFunction = {
  async(...args: [...unknown[], (error: Error | null, answer: number) => void]): void
}

export type CryptokiLibrary = {
  /** Calls on a thread of libuv. @throws CryptokiError unless it answers CKR_OK */
  call(name: FunctionName, ...args: readonly Argument[]): Promise<void>
  readonly addressOf: AddressOf
}

/** Kept for good: koffi unloads what nobody holds, and libraries seldom survive that. */
const loaded = new Map<string, Promise<CryptokiLibrary>>()

export function loadCryptokiLibrary(path: string): Promise<CryptokiLibrary> {
  const known = loaded.get(path)
  if (known) return known
  const library = load(path).catch((cause) => {
    throw new Error(`${path} could not be loaded: ${cause.message}`, { cause })
  })
  loaded.set(path, library)
  library.catch(() => loaded.delete(path))
  return library
}

/** Native code is loaded here, so only in processes that have a token. */
async function load(path: string): Promise<CryptokiLibrary> {
  const { default: koffi } = await import('koffi')
  if (koffi.sizeof('ulong') !== WORD || koffi.sizeof('void *') !== WORD || endianness() !== 'LE')
    throw new Error('PKCS #11 works on 64-bit Linux and macOS only')
  // Node.js exports the symbols of its own OpenSSL: a library that brings another one must find that.
  const library = koffi.load(path, { deep: true })
  const functions = new Map<FunctionName, NativeFunction>()
  for (const [name, types] of Object.entries(FUNCTIONS))
    functions.set(name as FunctionName, library.func(name, 'ulong', [...types]))
  /** Memory that native code is at: the garbage collector must not take it meanwhile. */
  const underWay = new Set<readonly Argument[]>()

  return {
    addressOf: (memory) => koffi.address(memory),
    call(name, ...args) {
      return new Promise((resolve, reject) => {
        underWay.add(args)
        functions.get(name)?.async(...args.map(toNative), (error, answer) => {
          underWay.delete(args)
          if (error) reject(error)
          else if (answer !== CKR.OK) reject(new CryptokiError(name, answer))
          else resolve()
        })
      })
    },
  }
}

function toNative(argument: Argument): unknown {
  return argument !== null && typeof argument === 'object' && 'bytes' in argument
    ? argument.bytes
    : argument
}
