/**
 * AES in CFB mode with feedback of 128 bits (NIST SP 800-38A section 6.3), the key 16, 24 or 32 octets long. What comes
 * out is a view, valid until the next call.
 */
export interface Cfb {
  encrypt(key: Buffer, iv: Buffer, plain: Uint8Array): Buffer;
  decrypt(key: Buffer, iv: Buffer, hidden: Uint8Array): Buffer;
}
