// What a client or a cascade has to prove at another server who it is (protocol reference 7.5).

export type ClientAuthentication =
  | { readonly kind: 'anonymous'; readonly userName: string }
  /** SHA0(password ‖ UPPER(name)) */
  | { readonly kind: 'password'; readonly userName: string; readonly hashedPassword: Uint8Array }
  /** The password itself, for servers that ask another (RADIUS). */
  | { readonly kind: 'plainPassword'; readonly userName: string; readonly password: string }
  /** DER. */
  | {
      readonly kind: 'certificate'
      readonly userName: string
      readonly certificate: Uint8Array
      readonly key: Uint8Array
    }
