// What a management operation answers when it cannot be done: one of SoftEther's error codes and a sentence.

export const ERROR_CODES = {
  hubNotFound: 8,
  internalError: 23,
  objectNotFound: 29,
  notSupported: 33,
  invalidParameter: 38,
  notEnoughPrivileges: 52,
  listenerNotFound: 53,
  listenerExists: 54,
  hubExists: 57,
  tooManyHubs: 58,
  cascadeExists: 59,
  cascadeOffline: 61,
  tooManyAccessRules: 62,
  tooManyUsers: 63,
  tooManyGroups: 64,
  groupNotFound: 65,
  userExists: 66,
  groupExists: 67,
  cascadeSession: 73,
  secureNatSession: 78,
  tooManyItems: 110,
} as const

/** A parameter that is wrong: `field must be allowed, is actual`. */
export interface ParameterFault {
  /** The parameter's own name, `Mtu_u32`. */
  readonly field: string
  readonly allowed: string
  readonly actual: string
}

export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  /** With code 38: every wrong parameter. */
  readonly faults: readonly ParameterFault[]

  constructor(code: number, message: string, faults: readonly ParameterFault[] = []) {
    super(message)
    this.code = code
    this.faults = faults
  }
}

/** @param faults at least one */
export function invalidParameters(faults: readonly ParameterFault[]): RpcError {
  const sentences = faults.map((fault) => `${fault.field} must be ${fault.allowed}, is ${fault.actual}`)
  return new RpcError(ERROR_CODES.invalidParameter, sentences.join('; '), faults)
}

export function hubNotFound(name: string): RpcError {
  return new RpcError(ERROR_CODES.hubNotFound, `The Virtual Hub "${name}" does not exist on this server.`)
}

export function objectNotFound(what: string): RpcError {
  return new RpcError(ERROR_CODES.objectNotFound, `There is no ${what}.`)
}

export function notSupported(sentence: string): RpcError {
  return new RpcError(ERROR_CODES.notSupported, sentence)
}

export function notEnoughPrivileges(why = ''): RpcError {
  return new RpcError(ERROR_CODES.notEnoughPrivileges, `Not enough privileges${why}.`)
}
