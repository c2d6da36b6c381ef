const QUOTED = /["\\]/g;

/**
 * Texts as the literal of a PostgreSQL array, for parameters that are sent many times: the driver would write it anew each time.
 * What is null stays null.
 */
export function arrayLiteral(texts: readonly (string | null)[]): string {
  return `{${texts.map((text) => (text === null ? 'NULL' : `"${text.replace(QUOTED, '\\$&')}"`)).join()}}`;
}
