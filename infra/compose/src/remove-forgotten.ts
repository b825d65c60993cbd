import { identifyProcess } from '@lexchange/local'

import { composeProject } from './compose-project.ts'

/**
 * Removes what earlier runs were killed before they could remove: an engine starts it again with itself, and it slows
 * down all that comes after.
 * @param prefix of project names, each of which ends in the pid of its run
 */
export async function removeForgotten(prefix: string): Promise<void> {
  const { docker } = composeProject(prefix, {})
  const labels = await docker('ps', '--all', '--format={{.Label "com.docker.compose.project"}}')
  for (const project of new Set(labels.split('\n'))) {
    const pid = project.startsWith(prefix) ? Number(project.slice(prefix.length)) : Number.NaN
    if (!Number.isInteger(pid) || identifyProcess(pid)) continue
    console.log(`removing ${project}, which its run has left behind`)
    await composeProject(project, { LEXCHANGE_VERSION: 'smoke' }).compose(
      ...['down', '--volumes', '--remove-orphans', '--timeout', '1'],
    )
  }
}
