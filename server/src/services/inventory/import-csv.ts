import { parse } from 'csv-parse/sync';
import { AppError } from '#platform/errors.ts';
import type { ImportRow } from './import-row.ts';

/** Columns of a CSV import. Lists are separated by `;` or blanks; `snmpPort` is a setting of the snmp collector. */
export const CSV_COLUMNS = ['address', 'name', 'site', 'tags', 'credentials', 'snmpPort', 'parents'] as const;
type Column = (typeof CSV_COLUMNS)[number];

/** What a spreadsheet may call a column. */
function columnOf(header: string): Column | undefined {
  const plain = header.replaceAll(/[\s_-]/g, '').toLowerCase();
  return CSV_COLUMNS.find((column) => column.toLowerCase() === plain || `${plain}s` === column.toLowerCase());
}

function listOf(cell: string): string[] {
  return cell.split(/[;\s]+/).filter((item) => item !== '');
}

const TAG_SEPARATOR = /\s*;\s*/;

/** One row of cells as the JSON shape of a device; `idOf` turns the name of a credential into its id. */
function toDevice(cells: Partial<Record<Column, string>>, idOf: (name: string) => string): Record<string, unknown> {
  const device: Record<string, unknown> = { address: cells.address ?? '' };
  if (cells.name) device['name'] = cells.name;
  if (cells.site) device['site'] = cells.site;
  if (cells.tags) device['tags'] = cells.tags.split(TAG_SEPARATOR).filter((tag) => tag !== '');
  if (cells.credentials) device['credentials'] = cells.credentials.split(TAG_SEPARATOR).filter(Boolean).map(idOf);
  if (cells.parents) device['parents'] = listOf(cells.parents);
  if (cells.snmpPort) {
    const port = Number(cells.snmpPort);
    device['collectors'] = [{ name: 'icmp' }, { name: 'snmp', settings: { port } }];
  }
  return device;
}

/**
 * Rows of a CSV file with a header line; comma or semicolon, UTF-8, a byte order mark is fine. A file that is not CSV
 * at all throws `validation_failed` with the line; a bad row comes with its own error.
 */
export function parseDeviceCsv(text: string, idOf: (name: string) => string): ImportRow[] {
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = firstLine.includes(';') && !firstLine.includes(',') ? ';' : ',';
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      skip_empty_lines: true,
      trim: true,
      relax_column_count: true,
      max_record_size: 20_000,
    }) as unknown as typeof records;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('validation_failed', `The CSV cannot be read: ${why}.`, { cause });
  }
  const [head, ...body] = records;
  if (!head) throw new AppError('validation_failed', 'The CSV is empty: its first line must name the columns.');
  const columns = head.record.map((header) => {
    const column = columnOf(header);
    if (column) return column;
    const known = CSV_COLUMNS.join(', ');
    throw new AppError('validation_failed', `line 1: there is no column “${header}”; there are: ${known}.`);
  });
  if (!columns.includes('address')) {
    throw new AppError('validation_failed', 'line 1: the column “address” is missing.');
  }
  return body.map(({ record, info }) => {
    if (record.length !== columns.length) {
      const error = `${record.length} cells where the header has ${columns.length} columns`;
      return { line: info.lines, value: undefined, error };
    }
    try {
      const cells = Object.fromEntries(columns.map((column, index) => [column, record[index]]));
      return { line: info.lines, value: toDevice(cells, idOf) };
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.message : String(thrown);
      return { line: info.lines, value: undefined, error };
    }
  });
}
