// The receiver of notifications in a process of its own, for trap-flood.ts: `node trap-receiver.ts ADDRESS PORT FOLDER`.
// Answers every line on stdin with one of counts.
import { createInterface } from 'node:readline';
import { createTrapListener } from '../../server/src/collectors/traps/listener.ts';
import { MibSettings, TrapSettings } from '../../server/src/collectors/traps/settings.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';

const [host = '127.0.0.1', udp = '0', folder = '.'] = process.argv.slice(2);
const bySender = new Map<string, number>();
const listener = createTrapListener({
  settings: TrapSettings.parse({ host, udp: Number(udp) }),
  mibs: MibSettings.parse({}),
  credentials: {
    communities: new Set(['public']),
    users: [{ username: 'known', securityLevel: 'authNoPriv', authProtocol: 'SHA256', authKey: 'authentic' }],
  },
  stateFile: `${folder}/snmp-engine.json`,
  sink: {
    take({ sender }) {
      bySender.set(sender, (bySender.get(sender) ?? 0) + 1);
      return true;
    },
    full: false,
    whenRoom: () => Promise.resolve(),
    durable: () => Promise.resolve(),
  },
  clock: systemClock,
  log: silentLog,
});
await listener.open();
console.log(JSON.stringify({ open: true }));
for await (const _ of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage();
  const rss = process.memoryUsage.rss();
  console.log(
    JSON.stringify({
      taken: Object.fromEntries(bySender),
      metrics: listener.metrics(),
      cpuMs: (user + system) / 1000,
      rss,
    }),
  );
}
await listener.close();
