import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  LogContext,
  LogDetail,
  LogEntry,
  LogHistogram,
  LogPage,
  LogPatterns,
  LogSenders,
} from '@sotp/contract/logs.ts';
import { createLogIngest } from '#services/logs/ingest.ts';
import type { LogIngest } from '#services/logs/ingest.ts';
import { createLineCodec } from '#services/logs/spool.ts';
import type { LineBatch } from '#services/logs/spool.ts';
import type { Spool } from '#services/spool/spool.ts';
import { createFileSpool } from '#worker/spool/file-spool.ts';
import { LINE_SPOOL } from '#worker/spool/names.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { decodeSyslog } from '#protocols/syslog/decode.ts';
import { systemActor } from '#services/access/actor.ts';
import type { Actor } from '#services/access/actor.ts';
import { createLogs } from '#services/logs/logs.ts';
import { openTestApi } from '#api/testing.ts';
import type { TestApi } from '#api/testing.ts';

describe('logs', () => {
  let api: TestApi;
  let ingest: LogIngest;
  let spool: Spool<LineBatch>;
  let dir: string;
  let admin: string;
  let device: string;
  // The API's clock stands still from when it was opened: lines come before that, however slow the machine.
  const at = Date.now();
  let received = 0;

  function receive(line: string | Buffer, sender = '192.0.2.10'): void {
    const raw = Buffer.from(line);
    const content = decodeSyslog(raw, { receivedAt: at, zoneMinutes: 0 });
    assert.ok(ingest.take({ source: 'syslog', receivedAt: at + received++, sender, raw, truncated: false, content }));
  }

  /** Resolves when all that was received is in the store. */
  async function stored(): Promise<void> {
    await ingest.durable();
    while (spool.backlog > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  before(async () => {
    api = await openTestApi();
    const { lines: store, senders, directory, bus } = api;
    dir = await mkdtemp(path.join(tmpdir(), 'sotp-api-logs-'));
    spool = createFileSpool({
      dir,
      source: 'test',
      codec: createLineCodec(store),
      names: LINE_SPOOL,
      whenFull: 'refuse_newest',
      clock: systemClock,
      log: silentLog,
    });
    ingest = createLogIngest({ store, spool, senders, directory, bus, clock: systemClock });
    await ingest.start();
    admin = await api.tokenFor('admin');
    const created = await api.call('POST', '/devices', {
      token: admin,
      body: { address: '192.0.2.10', name: 'core1', site: 'north', collectors: [{ name: 'icmp' }] },
    });
    device = created.json.id;
    await directory.refresh();
    receive('<187>52: core1: Nov 23 10:00:00: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down');
    receive('<38>Nov 23 10:00:00 core1 sshd[1234]: Failed password for <b>root</b> from 198.51.100.7 port 22');
    receive('<190>date=2026-11-23 devname="fw" type="traffic" srcip=10.1.1.2 action="deny"', '192.0.2.99');
    receive(Buffer.from([60, 49, 51, 62, 104, 0, 0xff, 105]), '192.0.2.99');
    receive('<14>Nov 23 10:00:00 core1 app: by name', '203.0.113.5');
    await stored();
  });
  after(async () => {
    await ingest.stop();
    await api.close();
    await rm(dir, { recursive: true, force: true });
  });

  async function list(query: Record<string, string>, token = admin): Promise<LogPage> {
    const { status, text, json } = await api.call('GET', `/logs?${new URLSearchParams(query)}`, { token });
    assert.equal(status, 200, text);
    return LogPage.parse(json);
  }
  const count = async (query: string) => (await list({ query })).items.length;

  test('a line is matched by its address, then by the host it names', async () => {
    const { items } = await list({ device });
    assert.deepEqual(items.map(({ app }) => app).toSorted(), ['LINK', 'app', 'sshd']);
    assert.equal(items[0]?.sender, '203.0.113.5');
  });

  test('the query language finds what it says', async () => {
    assert.equal(await count(''), 5);
    assert.equal(await count('failed'), 1);
    assert.equal(await count('"failed password"'), 1);
    assert.equal(await count('"password failed"'), 0);
    assert.equal(await count('-failed'), 4);
    assert.equal(await count('severity>=error'), 1);
    assert.equal(await count('device:core*'), 3);
    assert.equal(await count('device:core* -sshd'), 2);
    assert.equal(await count('srcip:10.1.1.2 action:deny'), 1);
    assert.equal(await count('srcip:10.1.1.3'), 0);
    assert.equal(await count('/UPDOWN|deny/'), 2);
    assert.equal(await count('updown OR deny'), 2);
    assert.equal(await count('(updown OR deny) severity:err'), 1);
    assert.equal(await count('pass*'), 1);
    assert.equal(await count('198.51.100.7'), 1);
    assert.equal(await count('app:sshd host:core1'), 1);
    assert.equal(await count('sender:192.0.2.99'), 2);
  });

  test('a query that cannot be read says why', async () => {
    for (const query of [
      '"open',
      '(a',
      'a)',
      '/(/',
      'severity:loud',
      'OR',
      'a OR',
      '(-)',
      'app>5',
      `/${'a'.repeat(600)}/`,
    ]) {
      const { status, json } = await api.call('GET', `/logs?${new URLSearchParams({ query })}`, { token: admin });
      assert.equal(status, 400, query);
      assert.equal(json.error.code, 'validation_failed');
    }
  });

  test('hostile queries are text', async () => {
    for (const query of [
      `'; drop table log_block; --`,
      '${7*7}',
      '%00',
      '\\',
      '/(a+)+$/',
      '__proto__:x',
      'constructor:x',
    ]) {
      assert.ok((await list({ query })).items.length >= 0);
    }
    assert.equal(await count(''), 5);
  });

  test('named parameters narrow; severity takes names and numbers', async () => {
    assert.equal((await list({ severity: '3' })).items.length, 1);
    assert.equal((await list({ severity: 'error,informational' })).items.length, 4);
    assert.equal((await list({ host: 'core1', app: 'sshd' })).items.length, 1);
    assert.equal((await list({ from: 'now-2m', to: 'now-1m' })).items.length, 0);
  });

  test('pages go through all lines once', async () => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const page: LogPage = await list({ limit: '2', ...(cursor ? { cursor } : {}) });
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    assert.deepEqual([ids.length, new Set(ids).size], [5, 5]);
    const bad = await api.call('GET', '/logs?cursor=nonsense', { token: admin });
    assert.equal(bad.status, 400);
  });

  test('a line that is no text keeps its bytes', async () => {
    const [line] = (await list({ query: 'sender:192.0.2.99 severity:notice' })).items;
    assert.equal(line?.parseError, 'encoding');
    const { json } = await api.call('GET', `/logs/${line?.id}`, { token: admin });
    assert.deepEqual([...Buffer.from(LogDetail.parse(json).raw, 'base64')], [60, 49, 51, 62, 104, 0, 0xff, 105]);
    const missing = await api.call('GET', '/logs/abc-def', { token: admin });
    assert.equal(missing.status, 404);
  });

  test('lines around one are of the same device', async () => {
    const [line] = (await list({ query: 'sshd' })).items;
    const { json } = await api.call('GET', `/logs/${line?.id}/context`, { token: admin });
    const context = LogContext.parse(json);
    assert.deepEqual([context.before.length, context.line.id, context.after.length], [1, line?.id, 1]);
  });

  test('the histogram counts by severity', async () => {
    const { json } = await api.call('GET', '/logs/histogram?from=now-1h', { token: admin });
    const { steps } = LogHistogram.parse(json);
    const sums = Array.from({ length: 8 }, (_, i) => steps.reduce((sum, { counts }) => sum + counts[i]!, 0));
    assert.deepEqual(sums, [0, 0, 0, 1, 0, 1, 3, 0]);
  });

  test('whoever sees only some sites sees only their lines, and no unknown senders', async () => {
    const north = await api.tokenFor('viewer', { sites: ['north'] });
    const south = await api.tokenFor('viewer', { sites: ['south'] });
    assert.equal((await list({}, north)).items.length, 3);
    assert.equal((await list({ query: 'sender:192.0.2.99 OR sshd' }, north)).items.length, 1);
    assert.equal((await list({}, south)).items.length, 0);
    assert.equal((await api.call('GET', `/logs?device=${device}`, { token: south })).status, 404);
    const [line] = (await list({ query: 'sshd' })).items;
    assert.equal((await api.call('GET', `/logs/${line?.id}`, { token: south })).status, 404);
    assert.equal((await api.call('GET', `/logs/${line?.id}/context`, { token: south })).status, 404);
    const { json } = await api.call('GET', '/logs/histogram', { token: south });
    assert.deepEqual(LogHistogram.parse(json).steps, []);
    assert.deepEqual((await api.call('GET', '/logs/senders', { token: north })).json, { items: [] });
  });

  test('unknown senders are listed until they are devices', async () => {
    await ingest.stop();
    await ingest.start();
    const { json } = await api.call('GET', '/logs/senders', { token: admin });
    assert.deepEqual(
      LogSenders.parse(json).items.map(({ address, lines }) => [address, lines]),
      [
        ['192.0.2.99', 1],
        ['192.0.2.99', 1],
      ],
    );
  });

  test('patterns: lines of one shape are counted together, and a query finds them', async () => {
    const path = `/logs/patterns?${new URLSearchParams({ device, from: 'now-1h' })}`;
    const found = LogPatterns.parse((await api.call('GET', path, { token: admin })).json);
    assert.deepEqual([found.lines, found.looked], [3, 3]);
    const link = found.items.find(({ app }) => app === 'LINK');
    assert.equal(link?.pattern, '%LINK-3-UPDOWN: Interface Gi<*>, changed state to down');
    assert.deepEqual([link?.count, link?.new, link?.severity], [1, true, 3]);
    assert.equal((await list({ query: link?.query ?? '' })).items.length, 1);
  });

  test('an export holds all that fits, as CSV without formulas or as JSON, and only what its reader may see', async () => {
    receive('<14>Nov 23 10:00:00 core1 app: =cmd|calc "quoted"');
    await stored();
    const ask = (query: Record<string, string>, token = admin) =>
      api.call('GET', `/logs/export?${new URLSearchParams(query)}`, { token });
    while ((await count('calc')) === 0) await systemClock.sleep(10);
    const csv = await ask({ query: 'calc' });
    assert.equal(csv.status, 200);
    assert.match(csv.text, /^receivedAt,at,severity,/);
    assert.match(csv.text, /,"'=cmd\|calc ""quoted""",/);
    const json = await ask({ query: 'device:core*', format: 'ndjson' });
    const lines = json.text.trimEnd().split('\n');
    assert.equal(lines.length, (await list({ query: 'device:core*' })).items.length);
    for (const line of lines) assert.equal(LogEntry.parse(JSON.parse(line)).deviceId, device);
    assert.equal((await ask({ format: 'ndjson', limit: '2' })).text.trimEnd().split('\n').length, 2);
    assert.equal((await ask({ query: '(' })).status, 400);
  });

  test('a follower gets what matches, as it comes', async () => {
    const { lines: store, senders, directory, bus } = api;
    const logs = createLogs({ store, senders, directory, bus, clock: systemClock });
    const got: string[] = [];
    const wait = Promise.withResolvers<void>();
    const actor: Actor = { ...systemActor, role: 'viewer', scope: { sites: ['north'] } };
    const stop = await logs.follow(
      actor,
      { query: 'live -noise' },
      {
        lines: (events) => {
          for (const json of events) {
            const entry = LogEntry.parse(JSON.parse(json));
            got.push(`${entry.message} ${entry.deviceId}`);
          }
          if (got.length === 2) wait.resolve();
        },
        missed: () => assert.fail('nothing is missed'),
      },
    );
    await api.bus.flush();
    // The wish has to reach the collector's side before the lines do.
    while (ingest.counters()['syslog_tails'] === 0) await systemClock.sleep(10);
    receive('<14>Nov 23 10:00:00 core1 app: live one');
    receive('<14>Nov 23 10:00:00 core1 app: live noise');
    receive('<14>Nov 23 10:00:00 other app: live elsewhere', '192.0.2.99');
    receive('<14>Nov 23 10:00:00 core1 app: live two');
    await wait.promise;
    stop();
    assert.deepEqual(got, [`live one ${device}`, `live two ${device}`]);
  });
});
