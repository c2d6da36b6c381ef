/** Authentication protocols (RFC 3414 section 6 and 7, RFC 7860): hash, octets of its output, of its block, of the MAC sent. */
export const AUTH = {
  MD5: { hash: 'md5', keyOctets: 16, blockOctets: 64, macOctets: 12 },
  SHA: { hash: 'sha1', keyOctets: 20, blockOctets: 64, macOctets: 12 },
  SHA224: { hash: 'sha224', keyOctets: 28, blockOctets: 64, macOctets: 16 },
  SHA256: { hash: 'sha256', keyOctets: 32, blockOctets: 64, macOctets: 24 },
  SHA384: { hash: 'sha384', keyOctets: 48, blockOctets: 128, macOctets: 32 },
  SHA512: { hash: 'sha512', keyOctets: 64, blockOctets: 128, macOctets: 48 },
} as const;
export type AuthProtocol = keyof typeof AUTH;

/**
 * Privacy protocols: DES (RFC 3414 section 8), AES (RFC 3826), and AES with longer keys, of which two ways to stretch a
 * short key are in use: Blumenthal's (net-snmp and most) and Reeder's (Cisco), the latter with C at its end here.
 */
export const PRIV = {
  DES: { cipher: 'des-ede3-cbc', keyOctets: 16, stretch: null },
  AES: { cipher: 'aes-128-cfb', keyOctets: 16, stretch: null },
  AES192: { cipher: 'aes-192-cfb', keyOctets: 24, stretch: 'blumenthal' },
  AES256: { cipher: 'aes-256-cfb', keyOctets: 32, stretch: 'blumenthal' },
  AES192C: { cipher: 'aes-192-cfb', keyOctets: 24, stretch: 'reeder' },
  AES256C: { cipher: 'aes-256-cfb', keyOctets: 32, stretch: 'reeder' },
} as const;
export type PrivProtocol = keyof typeof PRIV;
