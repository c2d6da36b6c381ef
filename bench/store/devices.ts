// How long lists and state writes take among many devices: `node bench/store/devices.ts [devices]`.
import { DeviceQuery } from '@sotp/contract/devices.ts';
import { migrate } from '../../server/src/stores/postgres/migrate.ts';
import { createPostgres } from '../../server/src/stores/postgres/postgres.ts';
import { startTestServer } from '../../server/src/stores/postgres/test-server.ts';
import { createDeviceStore } from '../../server/src/stores/devices/postgres.ts';
import { silentLog } from '../../server/src/platform/log.ts';

const count = Number(process.argv[2] ?? 100_000);
const pg = createPostgres({ databaseUrl: await startTestServer(), log: silentLog });
await migrate(pg, silentLog);
const devices = createDeviceStore(pg);
await pg.query(
  `insert into device (name, address, endpoint, site, tags, collectors, name_key, address_key, vendor, model, serial, sys_name)
   select 'sw-' || n, host(a), host(a) || ':161', 'site ' || n % 200, array['t' || n % 50],
     '[{"name":"icmp","intervalSeconds":60,"settings":{}},{"name":"snmp","intervalSeconds":60,"settings":{}}]',
     'sw-' || lpad(n::text, 12, '0'), '4:' || host(a), (array['Cisco', 'Arista', 'Juniper', null])[1 + n % 4],
     'model ' || n % 300, 'SN' || md5(n::text), 'core-' || n
   from (select n, inet '10.0.0.0' + n as a from generate_series(1, $1::int) n) t`,
  [count],
);
await pg.query('insert into device_state (device_id) select id from device');
await pg.query('analyze');

const table: Record<string, { ms: number }> = {};
async function timed(label: string, fn: () => Promise<unknown>, runs = 7): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const t = performance.now();
    await fn();
    times.push(performance.now() - t);
  }
  table[label] = { ms: Number((times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0).toFixed(1)) };
}

const now = Date.now();
const updates = Array.from({ length: 1_000 }, (_, i) => ({
  deviceId: 1 + i * 97,
  run: { name: 'snmp', up: true, at: now, durationMs: 12, error: null, credentialId: '1' },
  status: 'up' as const,
  reason: null,
  validUntil: now + 180_000,
  seen: true,
}));
let at = now;
await timed('writeState of 1,000 devices', () => {
  at += 1;
  return devices.writeState(updates.map((u) => ({ ...u, run: { ...u.run, at } })));
});
for (const sort of ['name', 'address', 'status', 'vendor', 'site', 'lastSeenAt', 'createdAt'] as const) {
  await timed(`list by ${sort}`, () => devices.list(DeviceQuery.parse({ sort }), {}));
}
let middle = await devices.list(DeviceQuery.parse({ limit: 1000 }), {});
for (let i = 0; i < 20 && middle.nextCursor; i++) {
  middle = await devices.list(DeviceQuery.parse({ limit: 1000, cursor: middle.nextCursor }), {});
}
await timed('list by name, page behind 20,000', () =>
  devices.list(DeviceQuery.parse({ cursor: middle.nextCursor }), {}),
);
for (const search of ['core-4711', 'cisco', '10.0.7', 'nothing like it', 'a b']) {
  await timed(`search ${JSON.stringify(search)}`, () => devices.list(DeviceQuery.parse({ search }), {}));
}
await timed('status = up', () => devices.list(DeviceQuery.parse({ status: 'up' }), {}));
await timed('status = down (none)', () => devices.list(DeviceQuery.parse({ status: 'down' }), {}));
await timed('tag', () => devices.list(DeviceQuery.parse({ tag: 't7' }), {}));
await timed('summary', () => devices.summary({}));
await timed('schedule', () => devices.schedule(), 3);
console.table(table);
console.log(JSON.stringify({ devices: count, ms: table }));
await pg.stop();
