import type { Bindings, ChildLoggerOptions, Logger } from 'pino'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

type Lazy = { parent: Logger; bindings: Bindings; options: ChildLoggerOptions; made?: Logger }

function childOf(lazy: Lazy): Logger {
  lazy.made ??= lazy.parent.child(lazy.bindings, lazy.options)
  return lazy.made
}

const prototype: object = Object.defineProperties(
  Object.fromEntries(
    LEVELS.map((level) => [
      level,
      function write(this: Lazy, ...line: Parameters<Logger['info']>) {
        if (this.parent.isLevelEnabled(level)) childOf(this)[level](...line)
      },
    ]),
  ),
  {
    child: {
      value(this: Lazy, bindings: Bindings, options?: ChildLoggerOptions) {
        return childOf(this).child(bindings, options)
      },
    },
    isLevelEnabled: {
      value(this: Lazy, level: string) {
        return this.parent.isLevelEnabled(level)
      },
    },
    level: {
      get(this: Lazy) {
        return this.parent.level
      },
    },
    silent: { value() {} },
  },
)

/**
 * A request's logger that is made when the first line is written: most requests write none, and making
 * one costs more than reading a license does.
 */
export function lazyChildLogger(
  parent: Logger,
  bindings: Bindings,
  options: ChildLoggerOptions,
): Logger {
  // A route with a level of its own needs the real one, which knows it.
  if (options.level !== undefined) return parent.child(bindings, options)
  const lazy: Lazy = Object.create(prototype)
  lazy.parent = parent
  lazy.bindings = bindings
  lazy.options = options
  return lazy as unknown as Logger
}
