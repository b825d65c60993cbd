export { FieldNotGrantedError, NoAgreementError } from './agreement.errors.ts'
export {
  type Asked,
  type AskedFields,
  covers,
  fieldNotGranted,
  mayDisclose,
  mayMatch,
  pickAgreement,
} from './agreement.ts'
