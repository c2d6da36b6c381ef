/** Character codes and steps that all readers of a line share. Past the end of a text every code reads NaN. */
export const SPACE = 32;
export const DIGIT_0 = 48;

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isLetter(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}

export function skipSpaces(text: string, at: number): number {
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}

/** The first index at or after `at` that holds a space, or the length. */
export function wordEnd(text: string, at: number): number {
  const space = text.indexOf(' ', at);
  return space === -1 ? text.length : space;
}

export function skipDigits(text: string, at: number, most: number): number {
  const end = at + most;
  while (at < end && isDigit(text.charCodeAt(at))) at++;
  return at;
}

/** The number that `digits` digits from `at` on spell; NaN when one is none. */
export function readNumber(text: string, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) return Number.NaN;
    value = value * 10 + code - DIGIT_0;
  }
  return value;
}
