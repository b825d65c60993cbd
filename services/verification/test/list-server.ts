import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of another exchange: what it answers is set by each test. */
export async function startListServer() {
  let asked = 0
  let answer: RequestListener = (_request, response) => void response.writeHead(404).end()
  const server = createServer((request, response) => {
    asked += 1
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** How often a list was asked for. */
    get asked() {
      return asked
    },
    answerWith(given: RequestListener) {
      answer = given
    },
    serve(list: string | Buffer, headers: Record<string, string> = {}) {
      const type = { 'content-type': 'application/statuslist+jwt' }
      answer = (_request, response) =>
        void response.writeHead(200, { ...type, ...headers }).end(list)
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
export type ListServer = Awaited<ReturnType<typeof startListServer>>
