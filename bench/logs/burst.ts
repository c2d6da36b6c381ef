// Bar L4: a burst of lines by UDP, then by TCP, through listeners, spool and store: `node bench/logs/burst.ts [lines a
// second] [seconds]`. UDP: sent = stored + dropped by the kernel + dropped by us, exactly, and the highest rate at which
// less than 0.1 % is lost. TCP: nothing lost; the sender is held back. Exits with 1 when not.
import { freePort } from './daemons.ts';
import { send, startGround, sumOf } from './ground.ts';

const rate = Number(process.argv[2] ?? 100_000);
const seconds = Number(process.argv[3] ?? 10);
const port = freePort();
const ground = await startGround({ host: '127.0.0.1', udp: port, tcp: port, linesPerSecond: 10_000_000 });
const RATES = [100_000, 80_000, 60_000, 50_000, 40_000, 30_000, 20_000, 10_000];

async function burst(kind: 'udp' | 'tcp', linesPerSecond: number, forSeconds: number) {
  const before = await ground.settled();
  const storedBefore = await ground.inStore();
  const { sent, seconds: took } = await send(kind, port, linesPerSecond, forSeconds);
  const begun = performance.now();
  const after = await ground.settled();
  const label = `transport="${kind}"`;
  const grown = (name: string, text = '') => sumOf(after, name, text) - sumOf(before, name, text);
  const kernel = grown('syslog_dropped_total', 'reason="kernel"');
  return {
    kind,
    sent,
    sentPerSecond: Math.round(sent / took),
    received: grown('syslog_received_total', label),
    stored: (await ground.inStore()) - storedBefore,
    droppedByKernel: kernel,
    droppedByUs: grown('syslog_dropped_total') - kernel,
    cpuUsALine: Number((((after['cpuSeconds']! - before['cpuSeconds']!) * 1e6) / sent).toFixed(2)),
    drainedAfterSeconds: Number(((performance.now() - begun) / 1000).toFixed(1)),
  };
}

await burst('udp', 5_000, 2);
const udp = await burst('udp', rate, seconds);
const tcp = await burst('tcp', rate, seconds);
let losslessRate = 0;
for (const tried of RATES.filter((one) => one <= rate)) {
  const one = await burst('udp', tried, 4);
  if ((one.sent - one.stored) / one.sent >= 0.001) continue;
  losslessRate = one.sentPerSecond;
  break;
}
await ground.stop();
const udpExact = udp.sent === udp.stored + udp.droppedByKernel + udp.droppedByUs;
const tcpLost = tcp.sent - tcp.stored;
process.stdout.write(`${JSON.stringify({ bench: 'logs/burst', udp, udpExact, tcp, tcpLost, losslessRate })}\n`);
process.exit(udpExact && tcpLost === 0 ? 0 : 1);
