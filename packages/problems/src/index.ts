export {
  DomainError,
  type DomainErrorOptions,
  type InputError,
  type ProblemKind,
} from './domain-error.ts'
export {
  type Problem,
  problemTitle,
  problemType,
  retryAfterOf,
  retryAfterOfStatus,
  toProblem,
} from './problem.ts'
