/**
 * A cell of a CSV file (RFC 4180) that no spreadsheet takes for a formula: text that begins with = + - @, a tab or a
 * carriage return gets an apostrophe in front. Numbers stay as they are; null is an empty cell.
 */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A line of cells, with its end. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join()}\r\n`;
}
