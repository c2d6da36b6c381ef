/** A device of an import with the line it came from, or what is wrong with that line. */
export interface ImportRow {
  readonly line: number;
  readonly value: unknown;
  readonly error?: string;
}
