import { hash } from 'node:crypto';
import type { SeriesSpec } from '#collectors/collector.ts';
import type { PlannedSeries } from '#collectors/snmp/plan.ts';
import { compileProgram } from './program.ts';
import type { Program } from './program.ts';

/** Compiled programs, one for all devices that are read alike. */
export interface Programs {
  compile(series: readonly PlannedSeries[], watched: readonly string[], own: readonly SeriesSpec[]): Program;
}

/** Shares programs as long as any device holds them: 10,000 switches of one model keep one set of names and labels. */
export function createPrograms(): Programs {
  const known = new Map<string, WeakRef<Program>>();
  const cleanup = new FinalizationRegistry<string>((key) => {
    if (!known.get(key)?.deref()) known.delete(key);
  });
  return {
    compile(series, watched, own) {
      const key = keyOf(series, [...watched, ...own.map(({ metric }) => metric)]);
      const shared = known.get(key)?.deref();
      if (shared) return shared;
      const program = compileProgram(series, watched, own);
      known.set(key, new WeakRef(program));
      cleanup.register(program, key);
      return program;
    },
  };
}

function keyOf(series: readonly PlannedSeries[], others: readonly string[]): string {
  const told = series.map(({ oid, scale, text, spec }) => [
    oid,
    scale,
    text,
    spec.metric,
    spec.kind,
    spec.unit,
    spec.labels,
  ]);
  return hash('sha256', JSON.stringify([others, told]), 'base64');
}
