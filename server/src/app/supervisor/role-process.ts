import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { AppError } from '#platform/errors.ts';
import type { FromRole, ProcessState, RoleName, RoleStart, ToRole } from './messages.ts';
import { createRestartDelay } from './restart-delay.ts';

const ENTRY = fileURLToPath(new URL('../roles/role.ts', import.meta.url));

/** What a heap may grow to at least, MB. */
const LEAST_HEAP_MB = 512;

/**
 * What the heap of a hub or collector may grow to, MB: collectors share a quarter of the machine's memory, so that how many
 * devices a process can keep follows the machine and not a number of ours.
 */
export function heapLimitMb(memoryMb: number, collectors: number): number {
  return Math.max(LEAST_HEAP_MB, Math.floor(memoryMb / 4 / Math.max(1, collectors)));
}

/** Memory that this machine, or the container that this process is in, has; MB. */
function memoryMb(): number {
  const allowed = process.constrainedMemory();
  return Math.min(totalmem(), allowed > 0 ? allowed : Number.POSITIVE_INFINITY) / 1e6;
}

/**
 * Heaps that stay near what they hold: by itself V8 lets them grow to several times that before it collects. And in a collector
 * objects are born young: while devices are read for the first time V8 learns that they live long, and would from then on put what every
 * poll makes into old memory at once, which is full of garbage twice a second. Theirs has room for what polls make in the second until it is stored.
 */
export function nodeFlags(role: RoleName, collectors: number): readonly string[] {
  const limit = `--max-old-space-size=${heapLimitMb(memoryMb(), collectors)}`;
  if (role === 'hub') return ['--max-semi-space-size=4', '--heap-growing-percent=40', limit];
  if (role === 'simulator') return ['--max-semi-space-size=1', '--heap-growing-percent=40', '--max-old-space-size=256'];
  return ['--max-semi-space-size=16', '--heap-growing-percent=40', limit, '--no-allocation-site-pretenuring'];
}

/**
 * glibc keeps what is freed in arenas, one a thread, and gives little of it back: each day that is packed would leave
 * megabytes behind. One arena, whose end is given back, stays as large as what is in use. Other libraries take no notice.
 */
export const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '1000000' } as const;

/** The environment of a role: ours without SOTP's own variables, which may hold secrets. */
function roleEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('SOTP_'));
  // Node names the folder for its own version; a process that is given it makes the same one below.
  const cache = getCompileCacheDir();
  return {
    ...MALLOC,
    ...Object.fromEntries(kept),
    NODE_ENV: 'production',
    ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) }),
  };
}

export interface RoleProcessOptions {
  /** Everything but the database URL, which is known only once the database runs. */
  readonly start: RoleStart;
  readonly log: Log;
  readonly clock: Clock;
  readonly onChange: (state: ProcessState) => void;
}

/** One role in a process of its own, started again with growing delays whenever it dies. */
export interface RoleProcess {
  /** Starts it and waits until it says that it is ready; throws what it failed with. */
  start(): Promise<Extract<FromRole, { kind: 'ready' }>>;
  send(message: ToRole): void;
  /** From now on it is not started again when it ends. */
  retire(): void;
  /** Asks it to take no new work and waits for its word, at most `withinMs`. */
  drain(withinMs: number): Promise<void>;
  /** Stops it for good: asks, and kills what has not ended `withinMs` later. */
  stop(withinMs: number): Promise<void>;
  state(): ProcessState;
}

/** Prepares a role process; nothing runs before `start`. */
export function createRoleProcess(options: RoleProcessOptions): RoleProcess {
  const { log, clock } = options;
  const { role, index } = options.start;
  let state: ProcessState = { role, index, pid: null, state: 'stopped', restarts: 0, since: clock.now() };
  let child: ChildProcess | undefined;
  let stopping = false;
  const restartDelay = createRestartDelay(clock);
  let retry: NodeJS.Timeout | undefined;
  const drained = new Set<() => void>();

  function change(part: Partial<ProcessState>): void {
    state = { ...state, ...part, since: clock.now() };
    options.onChange(state);
  }

  function send(message: ToRole): void {
    if (child?.connected) child.send(message, () => undefined);
  }

  function launch(onMessage: (message: FromRole) => void, onEnd: (reason: string) => void): void {
    const process = fork(ENTRY, [role], {
      execArgv: [...nodeFlags(role, options.start.config.collectors), '--disable-warning=ExperimentalWarning'],
      env: roleEnvironment(),
      // Roles write their log to stderr; what a library prints on stdout is of no use to anybody.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'json',
    });
    child = process;
    change({ pid: process.pid ?? null, state: 'starting' });
    process.on('message', (message: FromRole) => {
      if (message.kind === 'ready') {
        restartDelay.ready();
        change({ state: 'ready' });
      }
      if (message.kind === 'drained') for (const tell of drained) tell();
      onMessage(message);
    });
    let over = false;
    function ended(reason: string): void {
      if (over) return;
      over = true;
      child = undefined;
      change({ pid: null, state: stopping ? 'stopped' : 'restarting' });
      onEnd(reason);
    }
    process.once('error', (error) => ended(error.message));
    process.once('exit', (status, signal) => ended(signal ? `killed by ${signal}` : `exit status ${status}`));
    send({ kind: 'start', start: options.start });
  }

  function revive(reason: string): void {
    if (stopping) return;
    const retryInMs = restartDelay.ended();
    log.warn({ process: `${role} ${index}`, reason, retryInMs }, 'a process ended and is started again');
    retry = setTimeout(() => {
      change({ restarts: state.restarts + 1 });
      launch((message) => {
        if (message.kind === 'failed') log.error({ process: `${role} ${index}`, code: message.code }, message.message);
      }, revive);
    }, retryInMs);
  }

  function retire(): void {
    stopping = true;
    clearTimeout(retry);
  }

  return {
    send,
    state: () => state,
    retire,
    start() {
      return new Promise((resolve, reject) => {
        let first: 'pending' | 'settled' = 'pending';
        function onMessage(message: FromRole): void {
          if (message.kind === 'failed') {
            if (first === 'pending') stopping = true;
            first = 'settled';
            reject(new AppError(message.code, message.message));
          } else if (message.kind === 'ready') {
            first = 'settled';
            resolve(message);
          }
        }
        function onEnd(reason: string): void {
          if (first === 'settled') return revive(reason);
          stopping = true;
          reject(new AppError('internal', `the ${role} process ended while it started (${reason}); its log says why`));
        }
        launch(onMessage, onEnd);
      });
    },
    async drain(withinMs) {
      if (!child?.connected) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        function tell(): void {
          clearTimeout(timer);
          resolve();
        }
        drained.add(tell);
        child?.once('exit', tell);
        send({ kind: 'drain' });
      });
    },
    async stop(withinMs) {
      retire();
      const running = child;
      if (!running) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      send({ kind: 'stop' });
      const timer = setTimeout(() => running.kill('SIGKILL'), withinMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
