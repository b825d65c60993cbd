/** In a worker: waits for what the primary answers to each question. */
export function createQuestions<Answer>() {
  const waiting = new Map<number, (answer: Answer) => void>()
  let asked = 0
  return {
    /** @param put sends the question with this number. */
    ask(put: (request: number) => void): Promise<Answer> {
      const request = ++asked
      return new Promise((resolve) => {
        waiting.set(request, resolve)
        put(request)
      })
    },
    answered(request: number, answer: Answer): void {
      waiting.get(request)?.(answer)
      waiting.delete(request)
    },
  }
}
