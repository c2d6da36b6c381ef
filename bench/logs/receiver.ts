// The receiving half of bench/logs/receive.ts: the product's own listeners, with a sink that counts.
import { endpointsOf } from '../../server/src/collectors/syslog/endpoint.ts';
import { SyslogSettings } from '../../server/src/collectors/syslog/settings.ts';
import { createTcpListener } from '../../server/src/collectors/syslog/tcp.ts';
import { createUdpListener } from '../../server/src/collectors/syslog/udp.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';

const [udp, tcp, kind] = process.argv.slice(2);
let count = 0;
const sink = {
  take() {
    count++;
    return true;
  },
  full: false,
  whenRoom: () => Promise.resolve(),
  durable: () => Promise.resolve(),
};
const settings = SyslogSettings.parse({ host: '127.0.0.1', udp: Number(udp), tcp: Number(tcp) });
const deps = { sink, log: silentLog, clock: systemClock };
for (const endpoint of endpointsOf(settings)) {
  const listener =
    endpoint.transport === 'udp'
      ? createUdpListener(endpoint, settings, deps, kind === 'batched')
      : createTcpListener(endpoint, settings, deps);
  await listener.open();
}
process.on('message', () => process.send?.(count));
process.send?.('ready');
