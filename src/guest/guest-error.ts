// Why a guest cannot be put on a hub: one sentence that says what to do.

export class GuestError extends Error {
  override readonly name = 'GuestError'
  /** Of the process that reports it. */
  readonly status: number
  constructor(message: string, status = 1) {
    super(message)
    this.status = status
  }
}
