import { execFileSync } from 'node:child_process'

/** TypeScript files that are, or are about to be, in git. */
export function sourceFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  })
  return listed.split('\n').filter((file) => /\.(ts|mjs)$/.test(file))
}
