export {
  createReceiptSigner,
  type ReceiptSigner,
} from './create-receipt-signer.ts'
export { receiptRoutes } from './receipt.routes.ts'
export { receiptBody } from './receipt.ts'
