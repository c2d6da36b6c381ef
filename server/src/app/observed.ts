import type { Meter } from '#platform/meter.ts';
import type { Tracing } from '#platform/tracing.ts';

type Method = (...args: never[]) => Promise<unknown>;
/** The names of what a store answers with a promise. */
type Operation<S> = { [K in keyof S]-?: S[K] extends Method ? K : never }[keyof S] & string;

export interface Observing<S> {
  readonly name: string;
  readonly operations: readonly Operation<S>[];
  readonly meter: Meter;
  readonly tracing: Tracing;
}

/** A store whose operations are timed: how long each took, how many failed, and what they were a part of. */
export function observed<S extends object>(store: S, { name, operations, meter, tracing }: Observing<S>): S {
  const timed = operations.map((operation) => {
    const labels = `{store="${name}",operation="${operation}"}`;
    const seconds = meter.histogram(`store_operation_seconds${labels}`);
    const failures = `store_operation_failures_total${labels}`;
    meter.count(failures, 0);
    const own = store[operation] as Method;
    const call = async (...args: never[]) => {
      const startedAt = performance.now();
      try {
        // What is a part of nothing that is traced is not worth a trace.
        if (tracing.here() === undefined) return await own.apply(store, args);
        const how = { kind: 'client', facts: { store: name, operation } } as const;
        return await tracing.span(`${name}.${operation}`, () => own.apply(store, args), how);
      } catch (error) {
        meter.count(failures);
        throw error;
      } finally {
        seconds.observe((performance.now() - startedAt) / 1_000);
      }
    };
    return [operation, call];
  });
  return { ...store, ...Object.fromEntries(timed) };
}
