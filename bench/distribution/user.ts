// A person with the pages open, in a process of its own: what the bench itself looks at between two requests, which takes
// it tens of milliseconds a time, must not count as SOTP's time to answer.
// Forked by `useApi` in many.ts with the address of a SOTP; told `stop`, it sends what it found and ends.
import { setTimeout as sleep } from 'node:timers/promises';
import { signIn } from './sotp.ts';

/** One answer: what was asked, when (epoch ms), how long it took, and whether it was refused. */
export interface Asked {
  readonly name: string;
  readonly at: number;
  readonly ms: number;
  readonly refused: boolean;
}

const PAUSE_MS = 100;

async function use(address: string, signal: AbortSignal): Promise<Asked[]> {
  const call = await signIn(address);
  const { items } = await call<{ items: { id: string }[] }>('GET', '/devices?limit=1000');
  process.send?.('using');
  const asked: Asked[] = [];
  for (let i = 0; !signal.aborted; i++) {
    const { id } = items[(i * 37) % items.length]!;
    const paths = {
      list: '/devices?limit=100',
      device: `/devices/${id}`,
      summary: '/devices/summary',
      query: `/metrics/query?device=${id}&metric=ifHCInOctets&from=now-10m`,
      down: '/devices?limit=100&status=down',
      inventory: `/devices/${id}/inventory`,
    };
    const [name = '', path = ''] = Object.entries(paths)[i % Object.keys(paths).length] ?? [];
    const [at, startedAt] = [Date.now(), performance.now()];
    // A hub that has more to do than it can says so: that is counted, and so is the time it took.
    const refused = await call('GET', path).then(
      () => false,
      () => true,
    );
    asked.push({ name, at, ms: performance.now() - startedAt, refused });
    await sleep(PAUSE_MS);
  }
  return asked;
}

const stopping = new AbortController();
process.once('message', () => stopping.abort());
process.once('disconnect', () => process.exit(1));
const found = await use(process.argv[2] ?? '', stopping.signal);
process.send?.(found, () => process.exit(0));
