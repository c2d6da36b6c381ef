import type { ProcessState } from '#app/supervisor/messages.ts';

/** What the supervisor last said about the processes of this machine, for `/metrics`. */
export function createProcessTable() {
  let states: readonly ProcessState[] = [];
  return {
    update(next: readonly ProcessState[]): void {
      states = next;
    },
    counters(): Record<string, number> {
      const counters: Record<string, number> = {};
      for (const { role, index, state, restarts } of states) {
        const labels = `{process="${role}-${index}"}`;
        counters[`process_up${labels}`] = state === 'ready' ? 1 : 0;
        counters[`process_restarts_total${labels}`] = restarts;
      }
      return counters;
    },
  };
}
