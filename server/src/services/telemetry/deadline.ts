import { AppError } from '#platform/errors.ts';

/** Ends work that takes too long, or whose caller has left, and says which. */
export function deadline(seconds: number, left?: AbortSignal) {
  const late = AbortSignal.timeout(seconds * 1_000);
  const signal = left ? AbortSignal.any([left, late]) : late;
  const told = (thrown: unknown): unknown => {
    if (!late.aborted || left?.aborted) return thrown;
    const sentence = `This query took longer than ${seconds} s, the limit: take a longer step, a shorter range or fewer series.`;
    return new AppError('deadline_exceeded', sentence, { cause: thrown, details: { limit: seconds } });
  };
  return {
    signal,
    async run<T>(work: Promise<T>): Promise<T> {
      try {
        return await work;
      } catch (thrown) {
        throw told(thrown);
      }
    },
    async *each<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
      try {
        for await (const item of items) {
          signal.throwIfAborted();
          yield item;
        }
      } catch (thrown) {
        throw told(thrown);
      }
    },
  };
}
