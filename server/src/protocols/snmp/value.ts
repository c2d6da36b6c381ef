/** BER tags of the values that a varbind can hold (RFC 3416 section 3, RFC 2578 section 7.1). */
export const SnmpType = {
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  ipAddress: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  timeTicks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;
export type SnmpType = (typeof SnmpType)[keyof typeof SnmpType];

/**
 * A varbind for people and for facts; the polling path never makes one. `oid` has no leading dot. Numbers are
 * numbers (a Counter64 beyond 2^53 is rounded), an OCTET STRING, an IpAddress (4 octets) and an Opaque are Buffers
 * (an Opaque that wraps a float is its number), an OBJECT IDENTIFIER is a dotted string, the rest is null.
 */
export interface SnmpVarbind {
  readonly oid: string;
  readonly type: SnmpType;
  readonly value: number | string | Buffer | null;
}
