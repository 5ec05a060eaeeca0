/** The protocol version and build that SoftEther's tools expect to see; they guess features from them. */
export const PROTOCOL_VERSION = 501
export const PROTOCOL_BUILD = 9674
