// The real timer, as the core takes one.

/** Longest delay a Node.js timer takes; a longer one would fire at once. */
const TIMER_MAX_MS = 2_147_483_647

export function setTimer(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(delayMs, TIMER_MAX_MS))
  return () => clearTimeout(timer)
}
