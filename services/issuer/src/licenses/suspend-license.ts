import { suspend } from '@lexchange/license'

import type { Decide } from './change-license.ts'

/** docs/flows/suspend-license.md */
export const suspendLicense: Decide = suspend
