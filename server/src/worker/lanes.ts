/** Bounded concurrency, first come first served. */
export interface Lane {
  /** Resolves when there is room. Every `enter` needs one `leave`. */
  enter(): Promise<void>;
  leave(): void;
  readonly waiting: number;
}

/** At most `size` inside at once. */
export function createLane(size: number): Lane {
  let inside = 0;
  const line: (() => void)[] = [];
  let head = 0;
  return {
    get waiting() {
      return line.length - head;
    },
    async enter() {
      if (inside < size) {
        inside++;
        return;
      }
      await new Promise<void>((resolve) => line.push(resolve));
    },
    leave() {
      const next = line[head];
      if (next === undefined) {
        inside--;
        return;
      }
      head++;
      if (head > 1_024 && head * 2 > line.length) {
        line.splice(0, head);
        head = 0;
      }
      next();
    },
  };
}
