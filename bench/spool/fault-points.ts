// Places in the life of a batch at which the process under fault kills itself, as after a power cut that comes just then.
import { appendFileSync, existsSync } from 'node:fs';
import type { MetricStore } from '../../server/src/stores/metrics/metrics.ts';
import { spoolFiles } from '../../server/src/worker/spool/append-file.ts';
import type { AppendFile, SpoolFiles } from '../../server/src/worker/spool/append-file.ts';

/** In the order in which a batch comes by. */
export const POINTS = [
  'torn',
  'appended',
  'syncing',
  'synced',
  'committing',
  'committed',
  'deleting',
  'deleted',
] as const;
export type Point = (typeof POINTS)[number];

export interface FaultPoints {
  readonly files: SpoolFiles;
  around(store: MetricStore): MetricStore;
}

export interface FaultOptions {
  /** Where the process ends, the `countdown`-th time that it comes by; nowhere when left out. */
  readonly point?: Point | undefined;
  readonly countdown: number;
  /** Told the instant, just before. */
  readonly ledger: string;
  /** How long a commit takes besides; so much waits on disk meanwhile. */
  readonly storeMs: number;
  /** What was appended and not synced is lost with the process, as it is with the power. */
  readonly powerCut: boolean;
  /** As long as this file is there, writes fail. */
  readonly badWrites?: string | undefined;
}

export function createFaultPoints(options: FaultOptions): FaultPoints {
  let left = options.countdown;

  /** True when the process ends here. */
  const here = (point: Point) => point === options.point && --left <= 0;

  function die(point: Point): void {
    appendFileSync(options.ledger, `# ${Date.now()} ${point}\n`);
    process.kill(process.pid, 'SIGKILL');
  }

  function pass(point: Point): void {
    if (here(point)) die(point);
  }

  /** Gives the disk what comes only when it is synced. */
  function volatile(file: AppendFile): AppendFile {
    let cached: Buffer[] = [];
    async function give(): Promise<void> {
      const all = Buffer.concat(cached);
      cached = [];
      if (all.length > 0) await file.append(all);
    }
    return {
      append: async (bytes) => void cached.push(bytes),
      async sync() {
        await give();
        await file.sync();
      },
      async close() {
        await give();
        await file.close();
      },
    };
  }

  function faulty(inner: AppendFile): AppendFile {
    return {
      async append(bytes) {
        if (options.badWrites !== undefined && existsSync(options.badWrites)) throw new Error('EIO: i/o error, write');
        if (here('torn')) {
          await inner.append(bytes.subarray(0, Math.floor(bytes.length / 2)));
          die('torn');
        }
        await inner.append(bytes);
        pass('appended');
      },
      async sync() {
        pass('syncing');
        await inner.sync();
        pass('synced');
      },
      close: () => inner.close(),
    };
  }

  return {
    files: {
      async create(file) {
        const real = await spoolFiles.create(file);
        return faulty(options.powerCut ? volatile(real) : real);
      },
      async remove(file) {
        pass('deleting');
        await spoolFiles.remove(file);
        pass('deleted');
      },
    },
    around: (store) => ({
      ...store,
      async write(rows, origin) {
        pass('committing');
        if (options.storeMs > 0) await new Promise((resolve) => setTimeout(resolve, options.storeMs));
        const done = await store.write(rows, origin);
        pass('committed');
        return done;
      },
    }),
  };
}
