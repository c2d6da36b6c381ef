/** Text as jsonb can hold it: U+0000 and lone surrogates, which it refuses, become U+FFFD. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value;
}

/** A value as JSON text for a jsonb column, whatever text a device or a person put into it. */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value, storable);
}
