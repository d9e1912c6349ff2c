import type { Given } from '../configuration-values.ts'

/**
 * What Kubernetes gives every container beside a Service that is named `hedgerow`: its names begin like our settings, and
 * one of them is a setting's own. Whoever sets HEDGEROW_PORT gives a number, and it then wins over the link.
 */
const LINK = /^HEDGEROW_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)$/
const LINKED_ADDRESS = /^(tcp|udp|sctp):\/\//

export function withoutServiceLinks(given: Given): Given {
  return Object.fromEntries(
    Object.entries(given).filter(
      ([name, value]) =>
        !LINK.test(name) && !(name === 'HEDGEROW_PORT' && typeof value === 'string' && LINKED_ADDRESS.test(value)),
    ),
  )
}
