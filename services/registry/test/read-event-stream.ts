/** Messages of a text/event-stream, without our client: `data` is undefined for a comment. */
export async function* readEventStream({ body }: Response) {
  let rest = ''
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    rest += chunk
    const messages = rest.split('\n\n')
    rest = messages.pop() ?? ''
    for (const text of messages) {
      const member = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1]
      yield { text, id: member('id'), data: member('data') }
    }
  }
}
