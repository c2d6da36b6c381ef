/** What stands in a template for whatever differs from line to line. */
export const WILDCARD = '<*>';

/** Words of a line that are looked at; a longer line ends with a wildcard. */
const WORDS_MAX = 40;
const CHARACTERS_MAX = 2_000;
/** Templates of two lines are one when at least this share of their words is the same. */
const SIMILARITY = 0.6;

/** A shape that many lines have: their words with wildcards where they differ. */
export interface LogPattern {
  /** Words; those that differ from line to line are wildcards, or hold some. */
  readonly words: readonly string[];
  readonly count: number;
  /** Epoch ms of the first and last line of this shape. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The gravest severity, as RFC 5424 numbers them. */
  readonly severity: number;
  readonly app: string;
  /** A line of this shape. */
  readonly example: string;
}

export interface PatternLine {
  readonly message: string;
  readonly app: string;
  readonly severity: number;
  readonly at: number;
}

/** Finds the templates of lines as they come, one look at each: Drain, a tree of fixed depth (He et al. 2017). */
export interface PatternMiner {
  /** Answers the words of the template that the line now belongs to; undefined when there is no room for a new one. */
  add(line: PatternLine): readonly string[] | undefined;
  /** The words of the template that the line would belong to, if there is one; nothing is changed. */
  match(line: Pick<PatternLine, 'message' | 'app'>): readonly string[] | undefined;
  /** Most frequent first. */
  patterns(): LogPattern[];
  /** Lines that found no room. */
  readonly others: number;
}

const ADDRESS = /^(?:[0-9a-f]{1,4}(?:::?|-|\.)){2,7}[0-9a-f]{1,4}$/i;
const LONG_HEX = /^(?=.*\d)[0-9a-f-]{8,}$/i;
const NUMBER = /\d[\d.,:/]*/g;

/** A word with its numbers, addresses and hexadecimal ids taken out: `Gi1/0/7,` becomes `Gi<*>,`. */
export function maskWord(word: string): string {
  // The mnemonics of Cisco and Huawei name what happened: `%LINK-3-UPDOWN:`, `%%01SHELL/5/CMD(l)[7]:`.
  if (word.startsWith('%') && word.length > 4) return word.replace(/\[\d+\]/, `[${WILDCARD}]`);
  const core = word.replace(/^[[("'<=]+|[\])"'>,.;:]+$/g, '');
  if (core.length > 5 && (LONG_HEX.test(core) || (/\d/.test(core) && ADDRESS.test(core)))) {
    return word.replace(core, () => WILDCARD);
  }
  return word.replace(NUMBER, (digits) => WILDCARD + (/[.,:/]$/.exec(digits)?.[0] ?? ''));
}

/** The words of a message with all that is sure to differ taken out. */
export function templateOf(message: string): string[] {
  const words = message.slice(0, CHARACTERS_MAX).trim().split(/\s+/);
  const cut = words.length > WORDS_MAX || message.length > CHARACTERS_MAX;
  const masked = words.slice(0, WORDS_MAX).map(maskWord);
  return cut ? [...masked, WILDCARD] : masked;
}

interface Group {
  words: string[];
  count: number;
  firstAt: number;
  lastAt: number;
  severity: number;
  readonly app: string;
  readonly example: string;
}

/** The share of words in which a template and a line agree. */
function likeness(template: readonly string[], words: readonly string[]): number {
  let same = 0;
  for (const [i, word] of words.entries()) if (template[i] === word) same++;
  return same / words.length;
}

/** `most`: templates kept. */
export function createPatternMiner(most = 1_000): PatternMiner {
  // Lines of one app with as many words and the same first word are compared with each other, and no others.
  const leaves = new Map<string, Group[]>();
  const all: Group[] = [];
  let others = 0;

  function placeOf(message: string, app: string) {
    const words = templateOf(message);
    const key = `${app}\0${words.length}\0${words[0]?.includes(WILDCARD) ? WILDCARD : words[0]}`;
    let best: Group | undefined;
    let share = 0;
    for (const group of leaves.get(key) ?? []) {
      const own = likeness(group.words, words);
      if (own > share) [best, share] = [group, own];
      if (own === 1) break;
    }
    return { words, key, best: share >= SIMILARITY ? best : undefined, share };
  }

  return {
    get others() {
      return others;
    },
    match: ({ message, app }) => placeOf(message, app).best?.words,
    add({ message, app, severity, at }) {
      const { words, key, share, ...found } = placeOf(message, app);
      let { best } = found;
      if (!best) {
        if (all.length >= most) {
          others++;
          return undefined;
        }
        best = { words, count: 0, firstAt: at, lastAt: at, severity, app, example: message };
        all.push(best);
        const leaf = leaves.get(key);
        if (leaf) leaf.push(best);
        else leaves.set(key, [best]);
      } else if (share < 1) {
        best.words = best.words.map((word, i) => (word === words[i] ? word : WILDCARD));
      }
      best.count++;
      best.firstAt = Math.min(best.firstAt, at);
      best.lastAt = Math.max(best.lastAt, at);
      best.severity = Math.min(best.severity, severity);
      return best.words;
    },
    patterns: () => all.map((group) => ({ ...group })).toSorted((a, b) => b.count - a.count),
  };
}
