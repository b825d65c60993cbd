/** How long news is gathered, in ms: the primary carries records on in large messages. */
const GATHER = 50

/** Tells how far the access records are on disk, but not for every write. */
export function announceRecorded(send: (sequence: number) => void) {
  let latest = 0
  let told = 0
  let timer: NodeJS.Timeout | undefined

  function tell(): void {
    timer = undefined
    if (latest === told) return
    told = latest
    send(latest)
  }

  return {
    onDurable(sequence: number): void {
      latest = sequence
      timer ??= setTimeout(tell, GATHER)
    },
    flush(): void {
      clearTimeout(timer)
      tell()
    },
  }
}
