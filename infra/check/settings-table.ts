import type { Settings } from '@lexchange/config'

/** A Markdown table of a service's settings, from the declarations that the service itself reads. */
export function settingsTable(settings: Settings): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const fallback = 'fallback' in setting ? shown(setting.fallback) : '**required**'
    return `| \`${name}\` | ${setting.describe} | ${fallback} |`
  })
  return ['| setting | meaning | default |', '| --- | --- | --- |', ...rows].join('\n')
}

function shown(value: unknown): string {
  if (value === undefined || value === '') return 'none'
  return `\`${Array.isArray(value) ? value.join(',') : String(value)}\``
}
