import { isWordCode } from '#domain/log-filter.ts';

/** Texts shorter than this are in every block. */
const SHORTEST = 2;
/** Escapes that stand for themselves begin with neither letter nor digit; these end a text, all others end the reading. */
const PLAIN_CLASSES = 'dDsSwWbBAzntrfva';
const REPEAT = /^\{(\d+)(?:,\d*)?\}/;

/** Where the group or class that opens at `at` ends; -1 when that is not plain. */
function closing(pattern: string, at: number): number {
  let depth = 0;
  let inClass = false;
  for (let i = at; i < pattern.length; i++) {
    const char = pattern[i];
    if (char === '\\') {
      if (pattern[i + 1] === 'Q') return -1;
      i++;
    } else if (inClass) {
      if (char === '[') return -1;
      inClass = char !== ']' || pattern[i - 1] === '[' || (pattern[i - 1] === '^' && pattern[i - 2] === '[');
    } else if (char === '[') inClass = true;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    if (depth === 0 && !inClass) return i;
  }
  return -1;
}

/**
 * Texts, lower case, that every line holds which the expression (RE2) matches: its literals outside of groups, classes and
 * whatever may be absent. None when that cannot be told easily.
 */
export function requiredTexts(pattern: string, ignoreCase: boolean): string[] {
  // Without regard to case `k` and `s` match letters beyond ASCII too.
  const folds = ignoreCase || /\(\?[a-zA-Z]*i/.test(pattern);
  const texts: string[] = [];
  let text = '';
  const end = () => {
    texts.push(text);
    text = '';
  };
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (char === '|') return [];
    if (char === '(' || char === '[') {
      end();
      const close = closing(pattern, i);
      // `a(?i)*` repeats the `a`.
      if (close < 0 || (pattern[i + 1] === '?' && '*+?{'.includes(pattern[close + 1] ?? ' '))) return [];
      i = close;
      continue;
    }
    const repeat = char === '{' ? REPEAT.exec(pattern.slice(i)) : null;
    if (char === '*' || char === '?' || char === '+' || repeat) {
      if (char !== '+') text = text.slice(0, -1);
      end();
      if (repeat) i += repeat[0].length - 1;
      continue;
    }
    let literal = char;
    if (char === '\\') {
      literal = pattern[++i] ?? '';
      if (literal === '' || (isWordCode(literal.charCodeAt(0)) && !PLAIN_CLASSES.includes(literal))) return [];
      if (PLAIN_CLASSES.includes(literal)) literal = '';
    } else if ('.^$'.includes(char)) literal = '';
    if (literal === '' || literal > '\u007f' || (folds && 'kKsS'.includes(literal))) end();
    else text += literal.toLowerCase();
  }
  end();
  return texts.filter(({ length }) => length >= SHORTEST);
}
