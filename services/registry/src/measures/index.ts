export { onMeasure } from './on-measure.ts'
