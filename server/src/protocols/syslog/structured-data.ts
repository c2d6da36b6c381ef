/** Pairs kept of one line at most; a line of 64 KiB could hold thousands. */
const PAIRS_MAX = 128;
const QUOTE = 34;
const BACKSLASH = 92;
const CLOSE = 93;

/** Gives a name its value; what was there before stays, since the first is what the sender's own part says. */
export function setField(fields: Record<string, string>, name: string, value: string): void {
  // A name like __proto__ must be a name like any other.
  if (Object.hasOwn(fields, name)) return;
  if (name !== '__proto__') fields[name] = value;
  else {
    Object.defineProperty(fields, name, { value, enumerable: true, writable: true, configurable: true });
  }
}

function unescape(value: string): string {
  if (!value.includes('\\')) return value;
  // RFC 5424 section 6.3.3: only `"`, `\` and `]` are escaped; before anything else a backslash is itself.
  return value.replaceAll(/\\(["\\\]])/g, '$1');
}

/**
 * Reads `[id name="value" …][id …]` into `fields` as `id.name`. Answers where the text goes on, or -1 when it is not
 * as RFC 5424 section 6.3 says; what was read until there stays in `fields`.
 */
export function readStructuredData(text: string, at: number, fields: Record<string, string>): number {
  let pairs = 0;
  while (text.charCodeAt(at) === 91) {
    let place = at + 1;
    while (place < text.length && !' ]"='.includes(text[place]!)) place++;
    const id = text.slice(at + 1, place);
    if (id === '') return -1;
    while (text.charCodeAt(place) === 32) {
      while (text.charCodeAt(place) === 32) place++;
      if (text.charCodeAt(place) === CLOSE) break;
      const equals = text.indexOf('=', place);
      if (equals <= place) return -1;
      const name = text.slice(place, equals);
      if (/[ "\]]/.test(name)) return -1;
      if (text.charCodeAt(equals + 1) !== QUOTE) {
        // VMware leaves the quotes out: such a value ends at a space or the bracket.
        let bare = equals + 1;
        while (bare < text.length && !' ]"'.includes(text[bare]!)) bare++;
        if (bare === equals + 1 || bare >= text.length || text[bare] === '"') return -1;
        if (pairs++ < PAIRS_MAX) setField(fields, `${id}.${name}`, text.slice(equals + 1, bare));
        place = bare;
        continue;
      }
      let end = equals + 2;
      while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
      if (end >= text.length) return -1;
      if (pairs++ < PAIRS_MAX) setField(fields, `${id}.${name}`, unescape(text.slice(equals + 2, end)));
      place = end + 1;
    }
    if (text.charCodeAt(place) !== CLOSE) return -1;
    at = place + 1;
  }
  return at;
}

/** Reads `name=value name="value with spaces"` up to the end; words without `=` are passed over. */
export function readPairs(text: string, at: number): Record<string, string> | null {
  const fields: Record<string, string> = {};
  let pairs = 0;
  let place = at;
  while (place < text.length && pairs < PAIRS_MAX) {
    const equals = text.indexOf('=', place);
    if (equals === -1) break;
    const name = text.slice(Math.max(place, text.lastIndexOf(' ', equals - 1) + 1), equals).replace(/^,/, '');
    let end: number;
    let value: string;
    if (text.charCodeAt(equals + 1) === QUOTE) {
      end = equals + 2;
      while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
      value = text.slice(equals + 2, end).replaceAll('\\"', '"');
      end++;
    } else {
      end = text.indexOf(' ', equals + 1);
      if (end === -1) end = text.length;
      value = text.slice(equals + 1, end);
    }
    if (name !== '' && name.length <= 64) {
      setField(fields, name, value);
      pairs++;
    }
    place = end;
  }
  return pairs === 0 ? null : fields;
}
