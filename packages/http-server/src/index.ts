export { clientOf } from './authentication.ts'
export {
  type CertificateReader,
  createCertificateReader,
} from './client-certificate.ts'
export {
  type Answer,
  ChangeHeaders,
  CommandHeaders,
  commandKeyOf,
  ifMatchOf,
  refusalOf,
  sendAnswer,
  traceparentOf,
  VersionMismatchError,
} from './commands.ts'
export { createHttpServer, type HttpServer, type HttpServerOptions } from './create-http-server.ts'
export { decodeCursor, encodeCursor, Page, PageQuery } from './lists.ts'
export { readProblemExample } from './problem-pages.ts'
export { pathOf } from './problem-replies.ts'
export { problems } from './problem-schema.ts'
export { DEFAULT_PROTECTION, type Protection, protectionOf } from './protection.ts'
export {
  fromFastifyError,
  MediaTypeUnsupportedError,
  RequestInvalidError,
  RequestMalformedError,
  requestedTime,
  toInputErrors,
} from './request.errors.ts'
export { type ServeOptions, serve } from './serve.ts'
export { compileBody } from './validation.ts'
