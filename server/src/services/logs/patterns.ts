import type { LogPattern, LogPatterns } from '@sotp/contract/logs.ts';
import type { LogFilter } from '#domain/log-filter.ts';
import { createPatternMiner, WILDCARD } from '#domain/log-patterns.ts';
import type { LogPattern as Mined } from '#domain/log-patterns.ts';
import type { LinePlace, LogStore } from '#stores/logs/logs.ts';

/** Lines looked at, of the time that was asked for and of as much time before it. */
const LOOKED_MAX = 20_000;
const BEFORE_MAX = 10_000;
/** When there are more, as many are taken from each of so many equal parts of the time. */
const PARTS = 20;
const PAGE = 1_000;
const SHOWN_MAX = 200;
const MESSAGE_MAX = 500;

interface Wish {
  readonly filter: LogFilter;
  readonly from: number;
  readonly to: number;
}

type Seen = Parameters<ReturnType<typeof createPatternMiner>['add']>[0];

/** Hands at most `most` lines to `each`, all over the time; answers how many there are and how many were handed on. */
async function lookAt(
  store: LogStore,
  { filter, from, to }: Wish,
  most: number,
  each: (line: Seen) => void,
  signal: AbortSignal | undefined,
): Promise<{ lines: number; looked: number }> {
  const { steps } = await store.histogram({ filter, from, to, stepMs: to - from }, signal);
  const lines = steps.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b, 0), 0);
  const parts = lines > most ? PARTS : 1;
  let looked = 0;
  for (let part = 0; part < parts; part++) {
    const start = Math.floor(from + ((to - from) * part) / parts);
    const end = Math.floor(from + ((to - from) * (part + 1)) / parts);
    let after: LinePlace | undefined;
    for (let left = Math.ceil(most / parts); left > 0;) {
      const limit = Math.min(PAGE, left);
      const range = { filter, from: start, to: end, direction: 'backward', limit, after } as const;
      const answer = await store.search(range, signal);
      for (const line of answer.lines) {
        const { text, body, app, severity, receivedAt } = line;
        each({ message: text.slice(body), app, severity, at: receivedAt });
      }
      looked += answer.lines.length;
      left -= answer.lines.length;
      if (!answer.next) break;
      after = answer.next;
    }
  }
  return { lines: Math.max(lines, looked), looked };
}

/** The longest run of words that all lines of the pattern have, as a query. */
function queryOf({ words, app }: Mined): string {
  let best: string[] = [];
  let run: string[] = [];
  for (const word of [...words, WILDCARD]) {
    if (!word.includes(WILDCARD)) {
      run.push(word);
      continue;
    }
    if (run.join(' ').length > best.join(' ').length) best = run;
    run = [];
  }
  const quote = (text: string) => `"${text.replaceAll(/(["\\])/g, '\\$1')}"`;
  return [app ? `app:${quote(app)}` : '', best.length > 0 ? quote(best.join(' ')) : ''].filter(Boolean).join(' ');
}

const short = (text: string) => (text.length > MESSAGE_MAX ? `${text.slice(0, MESSAGE_MAX)}…` : text);

/** What shapes the lines have; those of the same time before tell which are new. */
export async function minePatterns(store: LogStore, wish: Wish, signal?: AbortSignal): Promise<LogPatterns> {
  const miner = createPatternMiner();
  const before = new Set<string>();
  const earlier = { ...wish, from: wish.from - (wish.to - wish.from), to: wish.from };
  const keyOf = (words: readonly string[], app: string) => `${app}\0${words.join(' ')}`;
  const { lines, looked } = await lookAt(store, wish, LOOKED_MAX, (line) => miner.add(line), signal);
  const found = miner.patterns();
  // A line from before that finds its place in the tree makes that pattern an old one.
  await lookAt(
    store,
    earlier,
    BEFORE_MAX,
    (line) => {
      const words = miner.match(line);
      if (words) before.add(keyOf(words, line.app));
    },
    signal,
  );
  const items = found.slice(0, SHOWN_MAX).map((pattern): LogPattern => ({
    pattern: short(pattern.words.join(' ')),
    app: pattern.app || null,
    count: pattern.count,
    share: pattern.count / Math.max(1, looked),
    firstSeenAt: new Date(pattern.firstAt).toISOString(),
    lastSeenAt: new Date(pattern.lastAt).toISOString(),
    severity: pattern.severity,
    new: !before.has(keyOf(pattern.words, pattern.app)),
    example: short(pattern.example),
    query: queryOf(pattern),
  }));
  return { from: new Date(wish.from).toISOString(), to: new Date(wish.to).toISOString(), lines, looked, items };
}
