import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createFleet } from '@sotp/simulator/fleet/fleet.ts';
import { serve } from '@sotp/simulator/serve.ts';
import { openTestDatabase } from '#stores/postgres/testing.ts';
import { readLocalAccess } from './cli/local-token.ts';
import { childrenOf, processes, runSotp, takenPort, temporaryDir, until } from './testing/run-sotp.ts';

/** Every secret holds this, so that one search finds any of them, and any part of them that matters. */
const CANARY = 'c4n4ry';
const PORT = 20_000 + (process.pid % 10_000);
const ADDRESS = '127.23.2.1';

const skip = process.platform === 'linux' ? false : 'reads /proc';
const dir = await temporaryDir();
const database = await openTestDatabase();
const agents = createFleet({
  devices: 3,
  ports: 4,
  seed: 5,
  listen: ADDRESS,
  plain: true,
  community: `${CANARY}-right`,
  user: {
    name: 'canary',
    auth: { protocol: 'SHA256', password: `${CANARY}-auth` },
    priv: { protocol: 'AES', password: `${CANARY}-priv` },
  },
});
const server = await serve(
  agents.devices.map(({ index, address }) => ({ address, port: PORT, agent: agents.agent(index) })),
);
after(async () => {
  await server.stop();
  await database.close();
  await dir.remove();
});

/** Every row of every table of every schema, the queue's with its job data among them. */
async function dump(): Promise<string> {
  const { rows: tables } = await database.pg.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  assert.ok(
    tables.some(({ name }) => !name.startsWith('public.')),
    'the queue has tables of its own',
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await database.pg.query<{ row: string }>(`select t::text as row from ${name} t`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

/** What any user of the machine, and the owner of the processes, can read of them. */
function processTexts(supervisor: number): string {
  const own = new Set([supervisor, ...childrenOf(supervisor).map(({ pid }) => pid)]);
  return processes()
    .filter(({ pid, parent }) => own.has(pid) || own.has(parent))
    .flatMap(({ pid, commandLine }) => [commandLine, readFileSync(`/proc/${pid}/environ`, 'utf8')])
    .join('\n');
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test(
  'secrets of SNMP go through every flow of a running SOTP, and are in no log, answer, job, table, backup, file or process',
  { skip, timeout: 180_000 },
  async () => {
    const free = await takenPort();
    await free.release();
    const dataDir = join(dir.path, 'data');
    const sotp = runSotp(['start', '--port', String(free.port), '--data-dir', dataDir, '--collectors', '1'], {
      SOTP_DATABASE_URL: database.databaseUrl,
      SOTP_LOG_LEVEL: 'trace',
    });
    const seen: string[] = [];
    try {
      const address = await sotp.ready;
      const local = readLocalAccess(dataDir);
      assert.ok(local);
      const call = async (method: string, path: string, body?: unknown) => {
        const response = await fetch(`${address}/api/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${local.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
        const text = await response.text();
        seen.push(response.url, JSON.stringify([...response.headers]), text);
        return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
      };
      const v3 = { username: 'canary', securityLevel: 'authPriv', authProtocol: 'SHA256', privProtocol: 'AES' };
      const right = { ...v3, authKey: `${CANARY}-auth`, privKey: `${CANARY}-priv` };
      const secrets = [
        ['snmp-v2c', { community: `${CANARY}-wrong` }],
        ['snmp-v3', { ...right, authKey: `${CANARY}-other` }],
        ['snmp-v3', right],
        ['snmp-v3', { ...right, privKey: `${CANARY}-other` }],
        ['snmp-v2c', { community: `${CANARY}-old` }],
      ] as const;
      const ids: string[] = [];
      for (const [i, [kind, secret]] of secrets.entries()) {
        const made = await call('POST', '/credentials', { name: `c${i}`, kind, secret });
        assert.equal(made.status, 201);
        ids.push(made.json.id);
        // What is refused names what is wrong, and nothing of what was sent.
        await call('POST', '/credentials', { name: `c${i}`, kind, secret });
        await call('PATCH', `/credentials/${made.json.id}`, { secret: { ...secret, more: `${CANARY}-more` } });
        const typed = { address: ADDRESS, port: PORT, credential: { kind, secret } };
        await call('POST', '/devices/test', typed);
      }
      const [wrong = '', , user = '', , old = ''] = ids;
      await call('POST', '/credential-sets', { name: 'first', subnets: [ADDRESS], credentials: ids.slice(0, 4) });
      const collectors = [{ name: 'snmp', intervalSeconds: 2, settings: { port: PORT, timeoutMs: 200, retries: 0 } }];
      const devices: string[] = [];
      for (const [i, credentials] of [[], [wrong], [old]].entries()) {
        const { address: at } = agents.devices[i]!;
        devices.push((await call('POST', '/devices', { address: at, credentials, collectors })).json.id);
      }
      const answeredTo = async (device: string) =>
        (await call('GET', `/devices/${device}/credentials`)).json.items.find((one: { inUse: boolean }) => one.inUse);
      await until('v3 answers after what was wrong', async () => (await answeredTo(devices[0]!)) !== undefined, 40_000);
      await call('PUT', `/credentials/${old}/next`, { secret: { community: `${CANARY}-right` } });
      const rotated = async () => (await answeredTo(devices[2]!))?.answeredWith === 'next';
      await until('the new secret answers', rotated, 60_000);
      assert.equal((await call('POST', `/credentials/${old}/next/finish`, {})).status, 200);
      for (const device of devices) await call('POST', `/devices/${device}/poll`, {});
      await call('PATCH', `/credentials/${user}`, { secret: { ...right, authKey: `${CANARY}-broken` } });
      await call('DELETE', `/credentials/${wrong}`);
      for (const path of ['/devices', '/credentials', '/credential-sets', '/audit?limit=1000', '/openapi.json']) {
        await call('GET', path);
      }
      for (const device of devices) {
        for (const part of ['', '/inventory', '/changes', '/credentials'])
          await call('GET', `/devices/${device}${part}`);
      }
      seen.push(await (await fetch(`${address}/metrics`)).text());
      const backup = join(dir.path, 'backup');
      const made = await runSotp(['backup', backup, '--data-dir', dataDir], {
        SOTP_DATABASE_URL: database.databaseUrl,
        SOTP_LOG_LEVEL: 'trace',
      }).ended;
      assert.equal(made.status, 0, made.stderr);
      const places = [
        ['answers', seen.join('\n')],
        ['database', await dump()],
        ['backup', gunzipSync(readFileSync(backup)).toString('latin1')],
        ['arguments and environment', processTexts(sotp.pid)],
        ...filesBelow(dataDir).map((path): [string, string] => [path, readFileSync(path, 'latin1')]),
      ];
      sotp.kill('SIGTERM');
      const { stdout, stderr } = await sotp.ended;
      assert.match(stdout + stderr, /"level":20|debug/, 'the log tells details');
      places.push(['log', stdout + stderr], ['backup command', made.stdout + made.stderr]);
      for (const [where, text = ''] of places) {
        const at = text.indexOf(CANARY);
        assert.equal(at, -1, `${where}: …${text.slice(Math.max(0, at - 200), at + 60)}…`);
      }
    } finally {
      sotp.kill('SIGTERM');
      await sotp.ended;
    }
  },
);
