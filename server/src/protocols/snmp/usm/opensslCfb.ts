import koffi from 'koffi';
import type { Cfb } from './cfb.ts';

// Hands pointers to OpenSSL. Every buffer below is longer than what OpenSSL is told to read or write there, and the
// length is our own figure: that of a view into a datagram that has arrived.

/** How long the keys may be, and the cipher of each. */
const CIPHERS = new Map([
  [16, 'EVP_aes_128_cfb128'],
  [24, 'EVP_aes_192_cfb128'],
  [32, 'EVP_aes_256_cfb128'],
]);
/** NIST SP 800-38A section F.3.13: key, vector, plain text, cipher text. */
const VECTOR = [
  '2b7e151628aed2a6abf7158809cf4f3c',
  '000102030405060708090a0b0c0d0e0f',
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51',
  '3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b',
].map((hex) => Buffer.from(hex, 'hex'));
const DECRYPT = 0;
const ENCRYPT = 1;

/**
 * CFB by the OpenSSL that the runtime itself brings and shows to extensions. It takes a key and a vector a message and
 * writes into memory that is there: a sixth of what node:crypto takes, which makes a buffer outside the heap at every
 * call, and nothing is kept of a key. Null where there is no such OpenSSL.
 */
export function openOpensslCfb(): Cfb | null {
  try {
    const found = bind();
    const [key, iv, plain, hidden] = VECTOR as [Buffer, Buffer, Buffer, Buffer];
    return found.encrypt(key, iv, plain).equals(hidden) && found.decrypt(key, iv, hidden).equals(plain) ? found : null;
  } catch {
    return null;
  }
}

function bind(): Cfb {
  const library = koffi.load(null);
  const createContext = library.func('void* EVP_CIPHER_CTX_new()');
  const init = library.func('int EVP_CipherInit_ex(void*, void*, void*, void*, void*, int)');
  const update = library.func('int EVP_CipherUpdate(void*, void*, void*, void*, int)');
  const ciphers = new Map([...CIPHERS].map(([octets, name]) => [octets, library.func(`void* ${name}()`)()]));
  const written = Buffer.alloc(4);

  function direction(mode: number) {
    const contexts = new Map(
      [...ciphers].map(([octets, cipher]) => {
        const context = createContext();
        if (init(context, cipher, null, null, null, mode) !== 1) throw new Error('OpenSSL refuses the cipher');
        return [octets, context];
      }),
    );
    let room = Buffer.alloc(4096);
    return (key: Buffer, iv: Buffer, text: Uint8Array): Buffer => {
      const { length } = text;
      if (room.length < length) room = Buffer.alloc(2 * length);
      const context = contexts.get(key.length);
      if (
        context === undefined ||
        iv.length !== 16 ||
        init(context, null, null, key, iv, mode) !== 1 ||
        update(context, room, written, text, length) !== 1
      ) {
        throw new Error('OpenSSL refuses a key or a message');
      }
      return room.subarray(0, length);
    };
  }

  return { encrypt: direction(ENCRYPT), decrypt: direction(DECRYPT) };
}
