import assert from 'node:assert/strict';
import { createCipheriv, createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { AUTH, PRIV } from './algorithms.ts';
import type { AuthProtocol, PrivProtocol } from './algorithms.ts';
import type { Cfb } from './cfb.ts';
import { cryptoCfb } from './cryptoCfb.ts';
import { localizeKey, localizePrivKey, passwordToKey } from './keys.ts';
import { macOf } from './mac.ts';
import { MsgFlags, encodeV3, openScoped, readV3, verifyMac } from './message.ts';
import type { UsmKeys } from './message.ts';
import { openOpensslCfb } from './opensslCfb.ts';
import { decrypt, encrypt } from './privacy.ts';

const maple = Buffer.from('maplesyrup');
const engine2 = Buffer.from('000000000000000000000002', 'hex');
const octets = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes));
const authName = fc.constantFrom(...(Object.keys(AUTH) as AuthProtocol[]));

test('keys of RFC 3414 appendix A.3 come out for MD5 and SHA', () => {
  const md5 = passwordToKey('MD5', maple);
  assert.equal(md5.toString('hex'), '9faf3283884e92834ebc9847d8edd963');
  assert.equal(localizeKey('MD5', md5, engine2).toString('hex'), '526f5eed9fcce26f8964c2930787d82b');
  const sha = passwordToKey('SHA', maple);
  assert.equal(sha.toString('hex'), '9fb5cc0381497b3793528939ff788d5d79145211');
  assert.equal(localizeKey('SHA', sha, engine2).toString('hex'), '6695febc9288e36282235fc7151f128497b38f3f');
});

test('a key that is too short is stretched in two ways, which agree as long as no stretching is needed', () => {
  const sha = passwordToKey('SHA', maple);
  const short = localizeKey('SHA', sha, engine2);
  const blumenthal = localizePrivKey('SHA', 'AES256', sha, engine2);
  const reeder = localizePrivKey('SHA', 'AES256C', sha, engine2);
  assert.equal(blumenthal.length, 32);
  assert.deepEqual(blumenthal.subarray(0, 20), short);
  assert.deepEqual(reeder.subarray(0, 20), short);
  assert.notDeepEqual(blumenthal, reeder);
  const long = passwordToKey('SHA512', maple);
  assert.deepEqual(
    localizePrivKey('SHA512', 'AES256', long, engine2),
    localizePrivKey('SHA512', 'AES256C', long, engine2),
  );
});

test('DES is DES: the classic vector', () => {
  // Key 133457799BBCDFF1, block 0123456789ABCDEF -> 85E813540F0AB405; the pre-IV equals the salt, so the IV is zero.
  const key = Buffer.from('133457799bbcdff10011223344556677', 'hex');
  const salt = Buffer.from('0011223344556677', 'hex');
  const hidden = encrypt('DES', key, salt, { boots: 0, time: 0 }, Buffer.from('0123456789abcdef', 'hex'));
  assert.equal(hidden.toString('hex'), '85e813540f0ab405');
});

const cfbs: readonly [string, Cfb | null][] = [
  ['node:crypto', cryptoCfb],
  ['the OpenSSL of the runtime', openOpensslCfb()],
];
for (const [by, cfb] of cfbs) {
  const skip = cfb === null && 'this runtime shows no OpenSSL to extensions';
  test(`AES by ${by} goes on from message to message as a cipher of its own for each would`, { skip }, () => {
    const message = fc.tuple(fc.constantFrom(16, 24, 32), octets(16, 16), octets(1, 9000));
    const secret = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
    const keysOf = new Map([16, 24, 32].map((length) => [length, secret.subarray(0, length)]));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        for (const [keyOctets, iv, plain] of messages) {
          const key = keysOf.get(keyOctets) ?? secret;
          const hidden = cfb?.encrypt(key, iv, plain) ?? plain;
          assert.deepEqual(Buffer.from(hidden), createCipheriv(`aes-${keyOctets * 8}-cfb`, key, iv).update(plain));
          assert.deepEqual(cfb?.decrypt(key, iv, hidden), plain);
        }
      }),
      { numRuns: 50 },
    );
  });
}

test('a MAC is the HMAC that node:crypto makes, for every hash', () => {
  fc.assert(
    fc.property(authName, octets(64, 64), octets(64, 5000), (auth, secret, message) => {
      const { hash, keyOctets, macOctets } = AUTH[auth];
      const key = secret.subarray(0, keyOctets);
      const zeroed = Buffer.from(message).fill(0, 10, 10 + macOctets);
      const whole = createHmac(hash, key).update(zeroed).digest();
      assert.deepEqual(macOf(auth, key, message, 10), whole.subarray(0, macOctets));
    }),
    { numRuns: 100 },
  );
});

const privName = fc.constantFrom(...(Object.keys(PRIV) as PrivProtocol[]));
const keys = fc
  .tuple(authName, privName, octets(64, 64), fc.integer({ min: 0, max: 2 }))
  .map(([auth, priv, key, level]): UsmKeys => {
    const { keyOctets } = AUTH[auth];
    return {
      auth: level > 0 ? { protocol: auth, key: key.subarray(0, keyOctets) } : null,
      priv: level > 1 ? { protocol: priv, key: key.subarray(32, 32 + PRIV[priv].keyOctets) } : null,
    };
  });
const pdu = octets(0, 300).map((content) =>
  Buffer.concat([Buffer.from([0xa2, 0x82, content.length >> 8, content.length & 255]), content]),
);
const message = fc.record({
  header: fc.record(
    {
      msgId: fc.nat({ max: 0x7fff_ffff }),
      engineId: octets(5, 32),
      boots: fc.nat({ max: 0x7fff_ffff }),
      time: fc.nat({ max: 0x7fff_ffff }),
      user: fc.string({ maxLength: 10 }),
      reportable: fc.boolean(),
    },
    { noNullPrototype: true },
  ),
  scoped: fc.record({ contextEngineId: octets(0, 32), contextName: fc.string({ maxLength: 20 }), pdu }),
  keys,
  salt: octets(8, 8),
});

test('every message of every level comes back as it was sent', () => {
  fc.assert(
    fc.property(message, ({ header, scoped, keys: used, salt }) => {
      const wire = encodeV3(header, scoped, used, salt);
      const envelope = readV3(wire);
      assert.ok(envelope);
      assert.equal(envelope.msgId, header.msgId);
      assert.equal(envelope.boots, header.boots);
      assert.equal(envelope.time, header.time);
      assert.equal(Buffer.from(envelope.user).toString(), header.user);
      assert.deepEqual(Buffer.from(envelope.engineId), header.engineId);
      assert.equal((envelope.flags & MsgFlags.reportable) !== 0, header.reportable);
      if (used.auth) assert.ok(verifyMac(wire, envelope, used.auth));
      const opened = openScoped(envelope, used.priv);
      assert.ok(opened);
      assert.deepEqual(Buffer.from(opened.pdu), scoped.pdu);
      assert.equal(Buffer.from(opened.contextName).toString(), scoped.contextName);
    }),
    { numRuns: 300 },
  );
});

test('every truncated prefix is refused', () => {
  fc.assert(
    fc.property(message, ({ header, scoped, keys: used, salt }) => {
      const wire = encodeV3(header, scoped, used, salt);
      for (let length = 0; length < wire.length; length += 1) assert.equal(readV3(wire.subarray(0, length)), null);
    }),
    { numRuns: 30 },
  );
});

test('one changed bit anywhere breaks the message or its MAC', () => {
  const key = Buffer.alloc(32, 7);
  const used: UsmKeys = { auth: { protocol: 'SHA256', key }, priv: { protocol: 'AES', key: key.subarray(0, 16) } };
  const header = { msgId: 0x1234_5678, engineId: engine2, boots: 5, time: 1000, user: 'u', reportable: true };
  const scoped = { contextEngineId: engine2, contextName: '', pdu: Buffer.from('a2030101ff', 'hex') };
  const wire = encodeV3(header, scoped, used, Buffer.alloc(8, 1));
  for (let bit = 0; bit < wire.length * 8; bit += 1) {
    const changed = Buffer.from(wire);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const envelope = readV3(changed);
    assert.ok(!envelope || !verifyMac(changed, envelope, { protocol: 'SHA256', key }), `bit ${bit}`);
  }
});

test('a MAC that is empty or short is never right', () => {
  const key = Buffer.alloc(20, 7);
  const header = { msgId: 1, engineId: engine2, boots: 5, time: 1000, user: 'u', reportable: false };
  const scoped = { contextEngineId: engine2, contextName: '', pdu: Buffer.from('a200', 'hex') };
  for (const macOctets of [0, 1, 11]) {
    const wire = encodeV3(header, scoped, { auth: { protocol: 'SHA', key }, priv: null }, Buffer.alloc(8));
    const envelope = readV3(wire);
    assert.ok(envelope);
    const short = { ...envelope, mac: envelope.mac.subarray(0, macOctets) };
    assert.equal(verifyMac(wire, short, { protocol: 'SHA', key }), false);
  }
});

test('AES in CFB mode deciphers the vector of NIST SP 800-38A appendix F.3.13', () => {
  const key = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex');
  const iv = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
  const at = { boots: iv.readUInt32BE(0), time: iv.readUInt32BE(4) };
  const hidden = Buffer.from('3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b', 'hex');
  const plain = '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51';
  assert.equal(decrypt('AES', key, iv.subarray(8), at, hidden)?.toString('hex'), plain);
  assert.equal(
    encrypt('AES', key, iv.subarray(8), at, Buffer.from(plain, 'hex')).toString('hex'),
    hidden.toString('hex'),
  );
});

test('what cannot have been encrypted is refused without an exception', () => {
  const key = Buffer.alloc(16, 1);
  assert.equal(decrypt('DES', key, Buffer.alloc(8), { boots: 1, time: 1 }, Buffer.alloc(9)), null);
  assert.equal(decrypt('AES', key, Buffer.alloc(7), { boots: 1, time: 1 }, Buffer.alloc(9)), null);
  assert.equal(decrypt('AES', key, Buffer.alloc(8), { boots: 1, time: 1 }, Buffer.alloc(0)), null);
});
