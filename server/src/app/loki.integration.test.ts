import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { LogHistogram, LogPage, LogPatterns } from '@sotp/contract/logs.ts';
import { lokiMissing, oneRate, startTestLoki } from '#stores/logs/loki/testing.ts';
import type { TestLoki } from '#stores/logs/loki/testing.ts';
import { childrenOf, runSotp, takenPort, temporaryDir, until } from './testing/run-sotp.ts';
import type { RunningSotp } from './testing/run-sotp.ts';

const PASSWORD = 'a long enough passphrase';
/** Counters are told every ten seconds, and machines may be slow. */
const PATIENCE_MS = 300_000;

async function freePort(): Promise<number> {
  const { port, release } = await takenPort();
  await release();
  return port;
}

describe(
  'a whole SOTP on Loki',
  { skip: lokiMissing ?? (process.env['SOTP_TEST_LOKI_BINARY'] ? false : 'it is killed') },
  () => {
    let loki: TestLoki;
    let dir: Awaited<ReturnType<typeof temporaryDir>>;
    let sotp: RunningSotp;
    let origin: string;
    let cookie: string;
    let syslog: number;
    let sent = 0;

    before(async () => {
      // Less than is sent: Loki answers 429 most of the time.
      loki = await startTestLoki(oneRate(1));
      dir = await temporaryDir();
      const port = await freePort();
      syslog = await freePort();
      sotp = runSotp(['start', '--port', String(port), '--data-dir', dir.path], {
        SOTP_ADMIN_PASSWORD: PASSWORD,
        SOTP_SYSLOG_UDP: '0',
        SOTP_SYSLOG_TCP: String(syslog),
        SOTP_LOG_LEVEL: 'warn',
        SOTP_LOGS: 'loki',
        SOTP_LOKI_URL: loki.settings.url,
        SOTP_LOKI_TENANT: loki.settings.tenant ?? '',
      });
      await sotp.ready;
      origin = `http://127.0.0.1:${port}`;
      const login = await fetch(`${origin}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({ username: 'admin', password: PASSWORD }),
      });
      cookie = String(login.headers.get('set-cookie')).split(';')[0] ?? '';
    });
    after(async () => {
      sotp.kill('SIGTERM');
      await sotp.ended;
      loki.close();
      await dir.remove();
    });

    async function get<T>(path: string): Promise<T> {
      const response = await fetch(`${origin}/api/v1/logs${path}`, { headers: { cookie } });
      assert.equal(response.status, 200, path);
      return (await response.json()) as T;
    }

    async function counter(name: string): Promise<number> {
      const text = await (await fetch(`${origin}/metrics`, { headers: { cookie } })).text();
      const lines = text.split('\n').filter((line) => line.startsWith(`sotp_${name}`));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    }

    /** Sends numbered lines by two connections; each ends its own in peace. */
    async function send(count: number): Promise<void> {
      await Promise.all(
        [0, 1].map(async (which) => {
          const socket = createConnection(syslog, '127.0.0.1');
          await once(socket, 'connect');
          for (let i = which; i < count; i += 2) {
            const line = `<${i % 10 === 0 ? 187 : 190}>1 2026-11-23T10:00:00Z sw-${i % 7} app 1 - [m n="${sent + i}"] link of port ${i % 48} number ${sent + i} went down ${'.'.repeat(100)}\n`;
            if (!socket.write(line)) await once(socket, 'drain');
          }
          socket.end();
          await once(socket, 'close');
        }),
      );
      sent += count;
    }

    const stored = () =>
      until(`all ${sent} lines are in Loki`, async () => (await counter('syslog_stored_total')) >= sent, PATIENCE_MS);

    /** The numbers of all lines that search finds, in its order. */
    async function numbers(): Promise<number[]> {
      const found: number[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: LogPage = await get(`?limit=1000&direction=forward&from=now-1h${cursor && `&cursor=${cursor}`}`);
        found.push(...page.items.map(({ fields }) => Number(fields?.['m.n'])));
        cursor = page.nextCursor;
      }
      return found;
    }

    test('search, histogram, patterns and live tail are what they are on PostgreSQL', async () => {
      const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/stream`, { headers: { cookie, origin } });
      await once(socket, 'open');
      const heard: string[] = [];
      socket.on('message', (data) => heard.push(String(data)));
      socket.send(
        JSON.stringify({ type: 'subscribe', id: 't', topic: 'logs', filter: { query: '"number 2999 went"' } }),
      );
      const collectors = childrenOf(sotp.pid).filter(({ commandLine }) => commandLine.includes('sotp collector'));
      const following = async () => (await counter('syslog_tails')) >= collectors.length;
      await until('all collectors know of the tail', following, PATIENCE_MS);
      await send(3_000);
      await stored();
      await until(
        'the tail has its line',
        () => heard.some((one) => one.includes('number 2999 went down')),
        PATIENCE_MS,
      );
      socket.close();
      const page = await get<LogPage>('?query=%22number+2345+went%22&from=now-1h');
      assert.deepEqual(
        page.items.map(({ host, app, severity, fields }) => [host, app, severity, fields]),
        [['sw-0', 'app', 6, { 'm.n': '2345' }]],
      );
      assert.equal((await get<LogPage>('?query=n:2345+severity%3E%3Derror&from=now-1h')).items.length, 0);
      const { steps } = await get<LogHistogram>('/histogram?from=now-1h&to=now&step=1h&query=severity%3E%3Derror');
      assert.equal(
        steps.flatMap(({ counts }) => counts).reduce((a, b) => a + b, 0),
        300,
      );
      const { items } = await get<LogPatterns>('/patterns?from=now-1h&to=now');
      assert.equal(items[0]?.count, 3_000);
    });

    test('what comes while Loki is away is pushed when it is back, oldest first, with nothing lost or doubled', async () => {
      loki.kill();
      for (let i = 0; i < 10; i++) {
        await send(2_000);
        await sleep(1_000);
      }
      // Processes tell their counters every few seconds.
      await until('what came waits', async () => (await counter('log_spool_backlog_lines')) >= 20_000, PATIENCE_MS);
      await loki.start();
      await stored();
      assert.equal(await counter('syslog_dropped_total'), 0);
      assert.ok((await counter('log_spool_retries_total')) > 0);
      let found: number[] = [];
      await until('search finds all', async () => (found = await numbers()).length >= sent, PATIENCE_MS);
      assert.deepEqual(
        found.toSorted((a, b) => a - b),
        Array.from({ length: sent }, (_, i) => i),
      );
    });

    test('429 holds lines back and loses none', async () => {
      await send(30_000);
      await stored();
      assert.equal(await counter('syslog_dropped_total'), 0);
      let found = 0;
      await until('search finds all', async () => (found = (await numbers()).length) >= sent, PATIENCE_MS);
      assert.equal(found, sent);
    });
  },
);
