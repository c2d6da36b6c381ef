import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createFakeClock } from '#platform/fake-clock.ts';
import { silentLog } from '#platform/log.ts';
import { createHeartbeat } from './heartbeat.ts';

async function world(t: TestContext) {
  const clock = createFakeClock();
  const state = { leads: true, troubles: [] as string[] | Error | null, refuses: false, sent: 0 };
  const heartbeat = createHeartbeat({
    intervalMs: 60_000,
    async send() {
      if (state.refuses) throw new Error('It answers with status 500.');
      state.sent++;
    },
    async troubles() {
      if (state.troubles instanceof Error) throw state.troubles;
      return state.troubles;
    },
    leads: () => state.leads,
    clock,
    log: silentLog,
  });
  await heartbeat.start();
  t.after(() => heartbeat.stop());
  const minutes = (count: number) => clock.advance(count * 60_000);
  const conditions = async () => (await heartbeat.conditions.look([])) ?? [];
  return { heartbeat, state, minutes, conditions };
}

test('it beats as long as all is well, and stops for every reason not to', async (t) => {
  const { heartbeat, state, minutes } = await world(t);
  await minutes(10);
  assert.equal(state.sent, 10);
  for (const troubles of [['No collector runs.'], new Error('The database does not answer.')]) {
    state.troubles = troubles;
    await minutes(5);
    assert.equal(heartbeat.counters()['outside_heartbeat_withheld'], 1);
  }
  assert.equal(state.sent, 10);
  state.troubles = null;
  await minutes(2);
  state.troubles = [];
  await minutes(1);
  assert.equal(state.sent, 11);
  state.leads = false;
  await minutes(5);
  assert.equal(state.sent, 11, 'another hub sends it');
});

test('a switch that does not take it is told of inside; a heartbeat that is withheld has its own alert', async (t) => {
  const { heartbeat, state, minutes, conditions } = await world(t);
  state.refuses = true;
  await minutes(2);
  assert.deepEqual(
    (await conditions()).map(({ code, summary }) => [code, /status 500/.test(summary)]),
    [['heartbeat_failing', true]],
  );
  assert.equal(heartbeat.counters()['outside_heartbeat_failed_total'], 2);
  state.troubles = ['Nothing comes through.'];
  await minutes(1);
  assert.deepEqual(await conditions(), []);
  state.refuses = false;
  state.troubles = [];
  await minutes(1);
  assert.equal(heartbeat.counters()['outside_heartbeat_failing'], 0);
});
