import { Command, CommanderError } from 'commander'

import manifest from '../../package.json' with { type: 'json' }
import { addCommands } from './add-commands.ts'
import { describeFailure, EXIT, exitCodeOf } from './exit-codes.ts'
import { createPrint, type Terminal } from './terminal.ts'

const EXIT_CODES = `
Exit codes: 0 valid, or done; 1 not valid, or rows were refused; 2 called wrongly; 3 refused by the exchange;
4 the exchange is unavailable; 5 failed in another way; 130 interrupted, the same command goes on.`

/** The command, from its arguments to its exit code. */
export async function runLexchange(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.ok
  const program = new Command('lexchange')
    .description('Check licenses, receive their changes, import them')
    .version(manifest.version)
    .option('--json', 'JSON, as when the output is no terminal')
    .option('--profile <name>', 'who is logged in under this name')
    .option('--clients <file>', 'file of clients, with --client instead of a login')
    .option('--client <id>', 'client of that file')
    .addHelpText('after', EXIT_CODES)
  addCommands(program, terminal, (result) => {
    code = result
  })
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    return fail(error, terminal, program.opts<{ json?: true }>().json)
  }
}

function fail(error: unknown, terminal: Terminal, asked: boolean | undefined): number {
  if (terminal.signal.aborted) return EXIT.interrupted
  const failure = describeFailure(error)
  const { json } = createPrint(terminal, asked)
  terminal.stderr.write(
    `${json ? JSON.stringify(failure) : `${failure.error}: ${failure.detail}`}\n`,
  )
  return exitCodeOf(error)
}
