import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '#platform/log.ts';
import type { CollectorRun } from '#stores/devices/devices.ts';
import type { TaskChange } from '#stores/tasks/tasks.ts';
import { createPollReport } from './task-report.ts';

const run = (name: string, error: CollectorRun['error'] = null): { readonly run: CollectorRun } => ({
  run: { name, up: error === null, at: 0, durationMs: 3, error, credentialId: null },
});
const SILENT = { code: 'no_answer', message: 'It does not answer.' } as const;

async function toldOf(outcomes: readonly { readonly run: CollectorRun }[] | null): Promise<TaskChange | undefined> {
  const updates: TaskChange[] = [];
  const report = createPollReport({
    tasks: {
      async update(_id: string, change: TaskChange) {
        updates.push(change);
        return true;
      },
    },
    bus: { publish: () => undefined },
    log: silentLog,
    worker: 'a/1',
  });
  await report('1', outcomes);
  return updates[0];
}

test('a poll that was answered by anybody is done, one that nobody answered failed with the reason', async () => {
  assert.deepEqual(await toldOf(null), { state: 'running', worker: 'a/1' });
  assert.equal((await toldOf([run('icmp'), run('snmp', SILENT)]))?.state, 'done');
  const failed = await toldOf([run('snmp', SILENT)]);
  assert.deepEqual([failed?.state, failed?.error], ['failed', SILENT]);
});

test('a task without any poll has not been done', async () => {
  const told = await toldOf([]);
  assert.deepEqual([told?.state, told?.error?.code], ['failed', 'conflict']);
});
