import { reinstate } from '@lexchange/license'

import type { Decide } from './change-license.ts'

/** docs/flows/reinstate-license.md */
export const reinstateLicense: Decide = reinstate
