import { AppError } from '#platform/errors.ts';
import { POINTS_PER_RANGE, SERIES_PER_RANGE } from './metrics.ts';
import type { RangeQuery } from './metrics.ts';

/** Throws `query_too_large`, with the limit, when a range asks for more than a back end answers at once. */
export function checkSize(query: RangeQuery): void {
  const { length } = query.series;
  if (length > SERIES_PER_RANGE) {
    throw tooLarge(`${length} series are more than ${SERIES_PER_RANGE}, the limit of one query`, SERIES_PER_RANGE);
  }
  const points = Math.ceil((query.to - query.from) / query.stepMs) * length;
  if (points > POINTS_PER_RANGE) {
    throw tooLarge(`${points} points are more than ${POINTS_PER_RANGE}, the limit of one query`, POINTS_PER_RANGE);
  }
}

function tooLarge(what: string, limit: number): AppError {
  return new AppError('query_too_large', `${what}: ask for fewer series or a longer step.`, { details: { limit } });
}
