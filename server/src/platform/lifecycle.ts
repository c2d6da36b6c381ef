/** A part that runs: `start` opens what it needs, `stop` closes it. Constructing one opens nothing. */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Runs components as one: starts them in the given order, stops them in reverse. When one fails to start, those
 * already started are stopped again and the failure is thrown. `stop` stops all, even when some fail, and throws the
 * first failure at the end.
 */
export function createLifecycle(components: readonly Component[]): Component {
  let started: Component[] = [];
  async function stop(): Promise<void> {
    const failures: unknown[] = [];
    const stopping = started.toReversed();
    started = [];
    for (const component of stopping) {
      try {
        await component.stop();
      } catch (cause) {
        failures.push(cause);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
  return {
    name: 'lifecycle',
    async start() {
      for (const component of components) {
        try {
          await component.start();
          started.push(component);
        } catch (cause) {
          await stop().catch(() => undefined);
          throw cause;
        }
      }
    },
    stop,
  };
}
