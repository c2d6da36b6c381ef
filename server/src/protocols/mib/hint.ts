interface HintPart {
  readonly repeat: boolean;
  readonly length: number;
  readonly format: string;
  readonly separator: string;
  readonly terminator: string;
}

/** One octet-format specification (RFC 2579 section 3.1): repeat, length, format, separator, repeat terminator. */
const PART = /(\*?)(\d+)([xdoat])([^\d*]?)((?<=\*.*)[^\d*])?/y;

const parsed = new Map<string, readonly HintPart[] | null>();

function partsOf(hint: string): readonly HintPart[] | null {
  let parts = parsed.get(hint);
  if (parts === undefined) {
    if (parsed.size > 1_000) parsed.clear();
    parsed.set(hint, (parts = parse(hint)));
  }
  return parts;
}

function parse(hint: string): HintPart[] | null {
  const parts: HintPart[] = [];
  for (let at = 0; at < hint.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const found = PART.exec(hint);
    if (!found) return null;
    const [, star = '', digits = '', format = '', separator = '', terminator = ''] = found;
    parts.push({ repeat: star !== '', length: Number(digits), format, separator, terminator });
  }
  return parts.length > 0 ? parts : null;
}

/** Octets by their DISPLAY-HINT; null when the hint is none, or does not go with octets. */
export function formatOctets(hint: string, octets: Uint8Array): string | null {
  const parts = partsOf(hint);
  if (!parts) return null;
  let text = '';
  let at = 0;
  // The last part goes on until the octets end.
  for (let i = 0; at < octets.length; i = Math.min(i + 1, parts.length - 1)) {
    const part = parts[i]!;
    let times = 1;
    if (part.repeat) times = octets[at++] ?? 0;
    if (times === 0 || (part.length === 0 && i === parts.length - 1)) {
      if (i === parts.length - 1) break;
      continue;
    }
    for (let time = 0; time < times && at < octets.length; time += 1) {
      const piece = octets.subarray(at, at + part.length);
      at += part.length;
      text += formatPiece(part.format, piece);
      const last = time === times - 1;
      if (at < octets.length) text += last && part.terminator !== '' ? part.terminator : part.separator;
    }
  }
  return text;
}

function formatPiece(format: string, piece: Uint8Array): string {
  if (format === 'a' || format === 't') return Buffer.from(piece).toString('utf8');
  let value = 0n;
  for (const octet of piece) value = value * 256n + BigInt(octet);
  if (format === 'x') return value.toString(16).padStart(piece.length * 2, '0');
  return value.toString(format === 'o' ? 8 : 10);
}

/** A whole number by its DISPLAY-HINT: `d-2` puts a point before the last two digits. */
export function formatInteger(hint: string, value: number): string | null {
  const decimals = /^d(?:-(\d+))?$/.exec(hint);
  if (decimals) {
    const places = Number(decimals[1] ?? 0);
    return places > 0 && places < 20 ? (value / 10 ** places).toFixed(places) : String(value);
  }
  if (hint === 'x') return value.toString(16);
  if (hint === 'o') return value.toString(8);
  return null;
}
