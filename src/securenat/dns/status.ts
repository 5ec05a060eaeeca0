// What a DNS service tells an administrator of itself.

import type { Upstream } from './upstreams.ts'

export interface DnsServiceStatus {
  /** In the order in which they are asked, beginning with the one that answered last. */
  upstreams: readonly Upstream[]
  queries: number
  /** Under way now. */
  waiting: number
  localAnswers: number
  cacheHits: number
  forwarded: number
  /** For want of an answer in time, or of a resolver. */
  failed: number
  /** Because a guest, or all together, had too many under way. */
  refused: number
  cachedAnswers: number
  cachedBytes: number
}
