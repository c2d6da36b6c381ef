import type { Config } from '#app/config/load.ts';
import { systemClock } from '#platform/clock.ts';
import { tidyHeap } from '#platform/heap.ts';
import { createLog } from '#platform/log.ts';
import { createSupervisor } from './supervisor.ts';

const STOP_LIMIT_MS = 9_500;
const TIDY_AFTER_MS = 8_000;
const PARENT_CHECK_MS = 500;

export interface RunOptions {
  readonly print: (line: string) => void;
  /** Epoch ms at which the start began. */
  readonly since: number;
}

/** npm passes a signal on to the shell that it runs us by, which ends of it and tells nobody. */
function whenNpmIsGone(then: () => void): void {
  const parent = process.ppid;
  if (process.env['npm_lifecycle_event'] !== 'start') return;
  setInterval(() => process.ppid !== parent && then(), PARENT_CHECK_MS).unref();
}

/** Runs SOTP in the foreground until a signal ends it. Answers the exit status; throws what kept it from starting. */
export async function runSupervisor(config: Config, options: RunOptions): Promise<number> {
  process.title = 'sotp supervisor';
  const log = createLog({ level: config.logLevel, format: config.logFormat, role: 'supervisor' });
  const supervisor = createSupervisor({ config, log, clock: systemClock, say: options.print });
  let stopping: Promise<void> | undefined;
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
    process.once('disconnect', resolve);
    whenNpmIsGone(resolve);
    // The terminal was closed. Whoever sent the output elsewhere (nohup) wants SOTP to go on.
    process.on('SIGHUP', () => process.stdout.isTTY && resolve());
  });
  // Whoever read the output is gone (`| head`); that is no reason to stop watching networks.
  process.stdout.on('error', () => undefined);
  let crash: unknown;
  const crashed = new Promise<void>((resolve) => {
    process.on('uncaughtException', (error) => {
      crash ??= error;
      resolve();
    });
  });
  function stop(): Promise<void> {
    if (!stopping) {
      // Whatever hangs, the one who asked gets his prompt back; a database that was not yet told to end is told now.
      setTimeout(() => {
        supervisor.letGo();
        process.exit(1);
      }, STOP_LIMIT_MS).unref();
      stopping = supervisor.stop();
    }
    return stopping;
  }
  try {
    const started = await Promise.race([supervisor.start(), asked, crashed]);
    if (started) {
      const took = ((Date.now() - options.since) / 1000).toFixed(1);
      if (started.setupLink) options.print(`Set the administrator's password at ${started.setupLink}`);
      const what = started.address ? `SOTP is ready at ${started.address}` : 'SOTP is ready, collecting';
      options.print(`${what} (started in ${took} s)`);
      setTimeout(tidyHeap, TIDY_AFTER_MS).unref();
      await Promise.race([asked, crashed]);
    }
    if (crash !== undefined) throw crash;
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  options.print('Stopping SOTP');
  await stop();
  options.print('SOTP has stopped');
  return 0;
}
