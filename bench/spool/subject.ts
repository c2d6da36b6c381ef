// The process under fault, from outside: started, asked, and listened to.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LogLine {
  readonly at: number;
  readonly msg: string;
  readonly text: string;
}

/** Lines of one kind may come so often. */
const LINE_EVERY_MS = 10_000;

/** Starts producer.ts with its log, and waits until it produces. */
export async function startSubject(env: Record<string, string>) {
  const child = fork(fileURLToPath(new URL('producer.ts', import.meta.url)), {
    env: { ...process.env, ...env, BENCH_LOG: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const lines: LogLine[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    const all = (rest + chunk).split('\n');
    rest = all.pop() ?? '';
    for (const text of all) {
      if (!text.startsWith('{')) {
        process.stderr.write(`${text}\n`);
        continue;
      }
      const { time, msg } = JSON.parse(text) as { time: string; msg: string };
      lines.push({ at: Date.parse(time), msg, text });
    }
  });
  await new Promise((resolve) => child.once('message', resolve));

  async function ask(): Promise<Record<string, number>> {
    return new Promise((resolve) => {
      child.once('message', (message) => resolve(message as Record<string, number>));
      child.send('tell');
    });
  }

  return {
    pid: child.pid ?? 0,
    ask,
    /** What it wrote into its log, by kind, and how many lines came too soon after another of their kind. */
    log() {
      const byKind = Map.groupBy(lines, ({ msg }) => msg);
      const tooOften = [...byKind.values()].flatMap((own) =>
        own.filter((line, i) => i > 0 && line.at - own[i - 1]!.at < LINE_EVERY_MS),
      );
      return {
        lines,
        byKind: Object.fromEntries([...byKind].map(([msg, own]) => [msg, own.length])),
        tooOften: tooOften.length,
      };
    },
    /** Waits until nothing waits any more, at most two minutes; answers the milliseconds, or -1. */
    async drained(meanwhile: () => Promise<void> = async () => undefined): Promise<number> {
      const from = performance.now();
      for (;;) {
        await meanwhile();
        const { spool_backlog_batches: backlog = 0 } = await ask();
        if (backlog <= 1) return Math.round(performance.now() - from);
        if (performance.now() - from > 120_000) return -1;
        await sleep(100);
      }
    },
    /** It produces no more; what it has is on its way. */
    async halt() {
      child.send('halt');
      await sleep(1_500);
    },
    async stop() {
      child.send('stop');
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}
