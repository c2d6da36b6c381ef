import type { LogFilter } from './log-filter.ts';

/** The application that lines of the canary name; see services/canary. */
export const CANARY_APP = 'sotp-canary';

/** True for a line of the canary. What comes in from outside never has this source, whatever it calls itself. */
export function isCanaryLine({ source, app }: { readonly source: string; readonly app: string }): boolean {
  return source === 'system' && app === CANARY_APP;
}

const names = (filter: LogFilter, attribute: 'app' | 'source', value: string): boolean =>
  filter.kind === 'attribute' &&
  filter.name === attribute &&
  filter.glob.pieces.length === 1 &&
  filter.glob.pieces[0] === value;

/** True when the filter names the canary as the application that it wants lines of. */
function asks(filter: LogFilter): boolean {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.items.some(asks);
  return names(filter, 'app', CANARY_APP);
}

/**
 * Whether lines of the canary are meant by a filter: not `without` being asked for by name, `only` they when nothing else
 * can match.
 */
export function canaryIn(filter: LogFilter): 'without' | 'too' | 'only' {
  if (!asks(filter)) return 'without';
  const all = filter.kind === 'and' ? filter.items : [filter];
  const only = all.some((one) => names(one, 'app', CANARY_APP)) && all.some((one) => names(one, 'source', 'system'));
  return only ? 'only' : 'too';
}

/** Lines of the canary and nothing else. */
export const CANARY_LINES: LogFilter = {
  kind: 'and',
  items: [
    { kind: 'attribute', name: 'app', glob: { pieces: [CANARY_APP] } },
    { kind: 'attribute', name: 'source', glob: { pieces: ['system'] } },
  ],
};
