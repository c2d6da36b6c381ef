import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecretStore } from './secrets.ts';

/** What every SecretStore promises. */
export function secretStoreContract(open: () => SecretStore): void {
  test('a secret comes back as it was put, is replaced, and is gone when deleted', async () => {
    const secrets = open();
    assert.equal(await secrets.get('credential/1'), undefined);
    await secrets.put('credential/1', 'öffentlich 🔑');
    await secrets.put('credential/2', '');
    assert.equal(await secrets.get('credential/1'), 'öffentlich 🔑');
    assert.equal(await secrets.get('credential/2'), '');
    await secrets.put('credential/1', 'private');
    assert.equal(await secrets.get('credential/1'), 'private');
    await secrets.delete('credential/1');
    await secrets.delete('credential/1');
    assert.equal(await secrets.get('credential/1'), undefined);
    assert.equal(await secrets.get('credential/2'), '');
  });
}
