import { revoke } from '@lexchange/license'

import type { Decide } from './change-license.ts'

/** docs/flows/revoke-license.md */
export const revokeLicense: Decide = revoke
