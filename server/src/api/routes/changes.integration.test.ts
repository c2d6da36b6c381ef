import assert from 'node:assert/strict';
import test from 'node:test';
import { emptyInventory } from '@sotp/contract/inventory.ts';
import { openTestApi } from '#api/testing.ts';

test('what changed between two readings is listed newest first, page by page', async (t) => {
  const api = await openTestApi();
  t.after(() => api.close());
  const token = await api.tokenFor('operator');
  const { id } = (await api.call('POST', '/devices', { token, body: { address: '10.9.0.1' } })).json;
  const at = Date.parse('2026-11-23T12:00:00Z');
  for (const [i, osVersion] of ['1', '2', '3'].entries()) {
    const system = { ...emptyInventory().system, osVersion };
    await api.stores.devices.writeFacts(Number(id), at + i * 1000, { system });
  }
  const first = await api.call('GET', `/devices/${id}/changes?limit=1`, { token });
  const [change] = first.json.items;
  assert.deepEqual(
    { ...change, id: '' },
    {
      id: '',
      at: '2026-11-23T12:00:02.000Z',
      section: 'system',
      kind: 'changed',
      subject: 'osVersion',
      before: { osVersion: '2' },
      after: { osVersion: '3' },
      why: null,
      reversal: null,
      reversedAt: null,
    },
  );
  const next = await api.call('GET', `/devices/${id}/changes?cursor=${first.json.nextCursor}`, { token });
  assert.deepEqual(next.json.items[0].after, { osVersion: '2' });
  assert.equal(next.json.nextCursor, null);
  assert.equal((await api.call('GET', `/devices/${id}/changes?bogus=1`, { token })).status, 400);
});
