import { cancel } from '@lexchange/license'

import type { Decide } from './change-license.ts'

/** docs/flows/cancel-license.md */
export const cancelLicense: Decide = cancel
