import { watchProcess } from '#platform/process-figures.ts';
import type { ProcessState } from './messages.ts';
import type { RoleProcess } from './role-process.ts';

const EVERY_MS = 10_000;

export interface SupervisorFiguresDeps {
  readonly processes: () => readonly RoleProcess[];
  /** How often the database had to be started again; undefined when it is not ours. */
  readonly databaseRestarts: () => number | undefined;
}

/** What each role process is and how often it died. */
function ofProcesses(states: readonly ProcessState[]): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const { role, index, state, restarts } of states) {
    const labels = `{process="${role}-${index}"}`;
    counters[`process_up${labels}`] = state === 'ready' ? 1 : 0;
    counters[`process_restarts_total${labels}`] = restarts;
  }
  return counters;
}

/** Tells one of the processes, every ten seconds and whenever asked to, how the supervisor and all of them fare. */
export function createSupervisorFigures({ processes, databaseRestarts }: SupervisorFiguresDeps) {
  let watch: ReturnType<typeof watchProcess> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function tell(): Promise<void> {
    const all = processes();
    const teller = all.find((one) => one.state().role === 'hub') ?? all.find((one) => one.state().role === 'collector');
    if (!watch || !teller) return;
    const restarts = databaseRestarts();
    const counters = {
      ...(await watch.counters()),
      ...ofProcesses(all.map((one) => one.state())),
      ...(restarts === undefined ? {} : { database_restarts_total: restarts }),
    };
    teller.send({ kind: 'supervisor', counters });
  }

  return {
    tell: () => void tell(),
    start() {
      watch = watchProcess();
      timer = setInterval(() => void tell(), EVERY_MS).unref();
    },
    stop() {
      clearInterval(timer);
      watch?.stop();
      watch = undefined;
    },
  };
}
