import { RETRY_POLICY } from '../src/subscriptions/backoff.ts'

/** Loaded before the registry by `--import`: webhooks are tried again soon, so that a proof is not mostly waiting. */
RETRY_POLICY.waitAfter = () => 300
