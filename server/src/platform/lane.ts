/** Bounded concurrency, first come first served. */
export interface Lane {
  /** Resolves when there is room; `first` goes ahead of all that wait without it. Every `enter` needs one `leave`. */
  enter(first?: boolean): Promise<void>;
  leave(): void;
  readonly waiting: number;
}

interface Line {
  readonly length: number;
  push(resolve: () => void): void;
  next(): (() => void) | undefined;
}

function createLine(): Line {
  const line: (() => void)[] = [];
  let head = 0;
  return {
    get length() {
      return line.length - head;
    },
    push: (resolve) => void line.push(resolve),
    next() {
      const next = line[head];
      if (next === undefined) return undefined;
      head++;
      if (head > 1_024 && head * 2 > line.length) {
        line.splice(0, head);
        head = 0;
      }
      return next;
    },
  };
}

/** At most `size` inside at once; given as a function, it is asked whenever somebody comes or leaves. */
export function createLane(size: number | (() => number)): Lane {
  const room = typeof size === 'number' ? () => size : size;
  let inside = 0;
  const ahead = createLine();
  const line = createLine();

  /** Lets in as many as there is room for by now, which may be several or none, but never keeps out the last. */
  function admit(): void {
    while (inside < Math.max(1, room())) {
      const next = ahead.next() ?? line.next();
      if (!next) return;
      inside++;
      next();
    }
  }

  return {
    get waiting() {
      return ahead.length + line.length;
    },
    async enter(first = false) {
      if (ahead.length + line.length === 0 && inside < room()) {
        inside++;
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      (first ? ahead : line).push(resolve);
      admit();
      await promise;
    },
    leave() {
      inside--;
      admit();
    },
  };
}
