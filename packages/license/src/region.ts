const REGION = /^[1-9][0-9]{5}$/

/** The code that stands for the whole country in GB/T 2260. */
export const COUNTRY = '100000'

/**
 * True for the form of a GB/T 2260 division code (6 digits: province, city, county). Whether the
 * division exists is not asked: old codes stay in use, and new areas come before the tables do.
 */
export function isRegion(code: string): boolean {
  return REGION.test(code)
}

/**
 * True when `narrower` lies in `wider` or is the same: 440300 lies in 440000, both lie in 100000.
 * False when either is no region.
 */
export function regionCovers(wider: string, narrower: string): boolean {
  if (!isRegion(wider) || !isRegion(narrower)) return false
  if (wider === COUNTRY || wider === narrower) return true
  // 440003 is a county-level code straight under its province, so only a trailing 00 widens.
  if (wider.endsWith('0000')) return narrower.startsWith(wider.slice(0, 2))
  return wider.endsWith('00') && narrower.startsWith(wider.slice(0, 4))
}
