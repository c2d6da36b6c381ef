import type { StoredBlock } from './blocks.ts';
import { DAY_MS, HOUR_MS } from './partitions.ts';

/** A part of a block's time. */
export interface Piece {
  readonly row: StoredBlock;
  readonly since: number;
  readonly until: number;
}

/**
 * Roll-ups in the order of time, each instant of a device once: an hour that was made anew, because rows came late, tells
 * what the day that was made before does not know.
 */
export function piecesOf(rows: readonly StoredBlock[]): Piece[] {
  const remade = new Map<number, Set<number>>();
  for (const { deviceId, start, isDay } of rows) {
    if (isDay === false) remade.set(deviceId, (remade.get(deviceId) ?? new Set()).add(start));
  }
  const pieces = rows.flatMap((row): Piece[] => {
    if (row.isDay === undefined) return [{ row, since: row.start, until: Infinity }];
    if (!row.isDay) return [{ row, since: row.start, until: row.start + HOUR_MS }];
    const hours = [...(remade.get(row.deviceId) ?? [])].filter(
      (hour) => hour >= row.start && hour < row.start + DAY_MS,
    );
    const gaps: Piece[] = [];
    let since = row.start;
    for (const hour of hours.toSorted((a, b) => a - b)) {
      if (hour > since) gaps.push({ row, since, until: hour });
      since = hour + HOUR_MS;
    }
    if (since < row.start + DAY_MS) gaps.push({ row, since, until: row.start + DAY_MS });
    return gaps;
  });
  return pieces.toSorted((a, b) => a.since - b.since);
}
