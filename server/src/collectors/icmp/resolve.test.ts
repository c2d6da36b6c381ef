import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createResolver } from './resolve.ts';

const target = (address: string) => ({ deviceId: 1, address, credentials: [] });

function failing(code: string): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(code), { code }));
}

test('an address needs no look-up, and is the same object every time', async () => {
  const resolver = createResolver(failing('ENOTFOUND'));
  const first = await resolver.resolve(target('127.0.0.1'));
  assert.equal(first.text, '127.0.0.1');
  assert.equal(await resolver.resolve(target('127.0.0.1')), first);
});

test('a name follows its record', async () => {
  let address = '127.0.0.1';
  const resolver = createResolver(async () => ({ address }));
  assert.equal((await resolver.resolve(target('router.example'))).text, '127.0.0.1');
  address = '::1';
  assert.equal((await resolver.resolve(target('router.example'))).family, 6);
});

test('while the name server is down the last address of that very name holds', async () => {
  let answer: () => Promise<{ address: string }> = async () => ({ address: '127.0.0.5' });
  const resolver = createResolver(() => answer());
  await resolver.resolve(target('router.example'));
  answer = failing('EAI_AGAIN');
  assert.equal((await resolver.resolve(target('router.example'))).text, '127.0.0.5');
  await assert.rejects(resolver.resolve(target('other.example')), { code: 'address_unresolvable', retryable: true });
  resolver.forget(1);
  await assert.rejects(resolver.resolve(target('router.example')), { code: 'address_unresolvable' });
});

test('a name that is gone is address_unresolvable, though it was known', async () => {
  let answer: () => Promise<{ address: string }> = async () => ({ address: '127.0.0.5' });
  const resolver = createResolver(() => answer());
  await resolver.resolve(target('router.example'));
  answer = failing('ENOTFOUND');
  await assert.rejects(resolver.resolve(target('router.example')), { code: 'address_unresolvable' });
});
