import { createCipheriv, createDecipheriv } from 'node:crypto';
import { PRIV } from './algorithms.ts';
import type { PrivProtocol } from './algorithms.ts';
import type { Cfb } from './cfb.ts';
import { cryptoCfb } from './cryptoCfb.ts';
import { desKeyObject } from './keyObject.ts';
import { openOpensslCfb } from './opensslCfb.ts';

const DES_BLOCK = 8;
/** The faster one, where there is one. */
const cfb: Cfb = openOpensslCfb() ?? cryptoCfb;

/** Boots and time of the authoritative engine, as they stand in the message. */
export interface EngineTime {
  readonly boots: number;
  readonly time: number;
}

/**
 * Encrypts a scoped PDU; `salt` are the eight octets that travel as msgPrivacyParameters, never twice the same for a key.
 * A view, valid until the next call.
 */
export function encrypt(priv: PrivProtocol, key: Buffer, salt: Buffer, at: EngineTime, plain: Uint8Array): Buffer {
  if (priv !== 'DES') return cfb.encrypt(key, aesVector(salt, at), plain);
  const cipher = createCipheriv(PRIV.DES.cipher, desKeyObject(key), desVector(key, salt));
  cipher.setAutoPadding(false);
  const padded = Buffer.alloc(Math.ceil(plain.length / DES_BLOCK) * DES_BLOCK);
  padded.set(plain);
  return cipher.update(padded);
}

/**
 * Decrypts; null when the octets cannot be what this protocol makes. A wrong key shows only in what comes out. A view,
 * valid until the next call.
 */
export function decrypt(
  priv: PrivProtocol,
  key: Buffer,
  salt: Uint8Array,
  at: EngineTime,
  octets: Uint8Array,
): Buffer | null {
  if (salt.length !== 8 || octets.length === 0) return null;
  if (priv === 'DES' && octets.length % DES_BLOCK !== 0) return null;
  if (priv !== 'DES') return cfb.decrypt(key, aesVector(salt, at), octets);
  const decipher = createDecipheriv(PRIV.DES.cipher, desKeyObject(key), desVector(key, salt));
  decipher.setAutoPadding(false);
  return decipher.update(octets);
}

function desVector(key: Buffer, salt: Uint8Array): Buffer {
  const preIv = key.subarray(8, 16);
  return Buffer.from(preIv.map((octet, i) => octet ^ (salt[i] ?? 0)));
}

/** The vector of the message in work. */
const iv = Buffer.alloc(16);

function aesVector(salt: Uint8Array, { boots, time }: EngineTime): Buffer {
  iv.writeInt32BE(boots | 0, 0);
  iv.writeInt32BE(time | 0, 4);
  iv.set(salt, 8);
  return iv;
}
