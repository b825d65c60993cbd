import { askWithAutocannon } from './ask-with-autocannon.ts'
import { askWithWrk } from './ask-with-wrk.ts'
import type { LoadOrder } from './load.ts'

const GENERATORS = { autocannon: askWithAutocannon, wrk: askWithWrk }

process.once('message', async (order: LoadOrder) => {
  process.send?.(await GENERATORS[order.generator](order))
})
