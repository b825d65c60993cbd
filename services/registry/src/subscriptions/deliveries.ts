/** The stream that subscriptions are delivered from. */
export const DELIVERIES = 'DELIVERIES'

/** Position in LICENSES that a message of DELIVERIES was copied from. */
export const POSITION_HEADER = 'Lexchange-Position'

export function deliverySubject(subscriptionId: string): string {
  return `delivery.${subscriptionId}`
}
