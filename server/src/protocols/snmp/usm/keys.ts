import { createHash } from 'node:crypto';
import { AUTH, PRIV } from './algorithms.ts';
import type { AuthProtocol, PrivProtocol } from './algorithms.ts';

const MEGABYTE = 1_048_576;

/** The key Ku of a password (RFC 3414 appendix A.2): the hash of a megabyte of its repetition. Costs milliseconds. */
export function passwordToKey(auth: AuthProtocol, password: Uint8Array): Buffer {
  return createHash(AUTH[auth].hash).update(Buffer.alloc(MEGABYTE, password)).digest();
}

/** The key of one engine, Kul (RFC 3414 section 2.6), from the password's key. */
export function localizeKey(auth: AuthProtocol, key: Uint8Array, engineId: Uint8Array): Buffer {
  return createHash(AUTH[auth].hash).update(key).update(engineId).update(key).digest();
}

/** The privacy key of one engine, stretched to what the cipher needs where the hash is too short. */
export function localizePrivKey(auth: AuthProtocol, priv: PrivProtocol, key: Uint8Array, engineId: Uint8Array): Buffer {
  const { keyOctets, stretch } = PRIV[priv];
  let localized = localizeKey(auth, key, engineId);
  let last = localized;
  while (localized.length < keyOctets) {
    last =
      stretch === 'reeder'
        ? localizeKey(auth, passwordToKey(auth, last), engineId)
        : createHash(AUTH[auth].hash).update(localized).digest();
    localized = Buffer.concat([localized, last]);
  }
  return localized.subarray(0, keyOctets);
}

/** Keys of passwords, computed once: many devices share a password. Keeps digests, never the password. */
export interface KeyRing {
  get(auth: AuthProtocol, password: string): Buffer;
}

const MAX_KEYS = 10_000;

/** An empty ring. */
export function createKeyRing(): KeyRing {
  const keys = new Map<string, Buffer>();
  return {
    get(auth, password) {
      const name = createHash('sha256').update(`${auth}\0${password}`).digest('base64');
      const known = keys.get(name);
      if (known) return known;
      const key = passwordToKey(auth, Buffer.from(password, 'utf8'));
      if (keys.size >= MAX_KEYS) keys.clear();
      keys.set(name, key);
      return key;
    },
  };
}
