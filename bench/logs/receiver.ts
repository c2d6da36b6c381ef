// The receiving half of bench/logs/receive.ts: the product's own listeners, with a sink that counts.
import { createSyslogListeners } from '../../server/src/collectors/syslog/listeners.ts';
import { SyslogSettings } from '../../server/src/collectors/syslog/settings.ts';
import { systemClock } from '../../server/src/platform/clock.ts';
import { silentLog } from '../../server/src/platform/log.ts';

const [udp, tcp] = process.argv.slice(2).map(Number);
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
const settings = SyslogSettings.parse({ host: '127.0.0.1', udp, tcp });
const listeners = createSyslogListeners(settings, { sink, log: silentLog, clock: systemClock });
for (const listener of listeners) await listener.open();
process.on('message', () => process.send?.(count));
process.send?.('ready');
