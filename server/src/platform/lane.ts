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

/** At most `size` inside at once. */
export function createLane(size: number): Lane {
  let inside = 0;
  const ahead = createLine();
  const line = createLine();
  return {
    get waiting() {
      return ahead.length + line.length;
    },
    async enter(first = false) {
      if (inside < size) {
        inside++;
        return;
      }
      await new Promise<void>((resolve) => (first ? ahead : line).push(resolve));
    },
    leave() {
      const next = ahead.next() ?? line.next();
      if (next) next();
      else inside--;
    },
  };
}
