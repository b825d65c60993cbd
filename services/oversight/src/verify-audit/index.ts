export { readAnchors } from './read-anchors.ts'
export { verifyAudit } from './verify-audit.ts'
