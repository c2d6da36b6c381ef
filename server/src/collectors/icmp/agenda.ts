import type { Clock } from '#platform/clock.ts';

export interface Agenda<T> {
  /** Puts an entry down for an instant of the monotonic clock. */
  add(at: number, entry: T): void;
  close(): void;
}

/** Entries due within this many milliseconds of each other are worked together. */
const GRAIN_MS = 2;

/** A diary with one timer for all entries: `work` gets what is due, in order of its instants. */
export function createAgenda<T>(clock: Clock, work: (due: readonly T[]) => void): Agenda<T> {
  const heap: { at: number; entry: T }[] = [];
  let alarm: AbortController | null = null;
  let alarmAt = Number.POSITIVE_INFINITY;
  let closed = false;

  function arm(): void {
    const next = heap[0];
    if (closed || next === undefined || next.at >= alarmAt) return;
    alarm?.abort();
    const mine = new AbortController();
    alarm = mine;
    alarmAt = next.at;
    clock.sleep(Math.max(0, next.at - clock.monotonic()), mine.signal).then(ring, () => undefined);
  }
  function ring(): void {
    if (closed) return;
    alarm = null;
    alarmAt = Number.POSITIVE_INFINITY;
    const until = clock.monotonic() + GRAIN_MS;
    const due: T[] = [];
    for (let first = heap[0]; first !== undefined && first.at <= until; first = heap[0]) {
      due.push(first.entry);
      pop(heap);
    }
    work(due);
    arm();
  }
  return {
    add(at, entry) {
      push(heap, { at, entry });
      arm();
    },
    close() {
      closed = true;
      alarm?.abort();
    },
  };
}

/** A binary heap by `at`. */
function push<N extends { at: number }>(heap: N[], node: N): void {
  let i = heap.length;
  heap.push(node);
  while (i > 0) {
    const up = (i - 1) >> 1;
    const parent = heap[up];
    if (parent === undefined || parent.at <= node.at) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = node;
}

function pop<N extends { at: number }>(heap: N[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    let least = heap[child];
    if (least === undefined) break;
    const right = heap[child + 1];
    if (right !== undefined && right.at < least.at) {
      child++;
      least = right;
    }
    if (least.at >= last.at) break;
    heap[i] = least;
    i = child;
  }
  heap[i] = last;
}
