/** A setting that was refused; `path` as in the configuration, below the key that was changed: `dhcp.leaseStart`. */
export interface SettingFault {
  readonly path: string
  readonly allowed: string
  readonly actual: string
}
