import { isWordCode } from '#domain/log-filter.ts';
import type { LogFilter } from '#domain/log-filter.ts';
import { requiredTexts } from './required-texts.ts';
import { attributeToken, eachToken, fieldToken } from './tokens.ts';

/** Of every group a block must hold at least one token, or no line in it can match. An empty group: nothing matches. */
export type TokenGroups = readonly (readonly number[])[];

/** Filters by so many devices at once ask no index. */
const DEVICES_MAX = 300;

/** The tokens of a text whose first and last word are whole only where said. */
function tokensOf(text: string, wholeStart: boolean, wholeEnd: boolean): number[][] {
  let start = 0;
  let end = text.length;
  if (!wholeStart) while (start < end && isWordCode(text.charCodeAt(start))) start++;
  if (!wholeEnd) while (end > start && isWordCode(text.charCodeAt(end - 1))) end--;
  const whole = text.slice(start, end);
  // Case beyond ASCII is not folded in the index, so such words cannot be looked up there.
  const words = whole.replaceAll(/[\p{L}\p{N}_]*[^\0-\x7f]+[^\0-\x7f\w]*\w*/gu, ' ');
  const tokens: number[][] = [];
  eachToken(Buffer.from(words), (token) => tokens.push([token]));
  return tokens;
}

/**
 * What the filter asks of a block's tokens; no groups when it asks nothing. `fieldsIndexed`: all blocks that are meant
 * have tokens of their fields.
 */
export function tokenGroups(filter: LogFilter, fieldsIndexed: boolean): TokenGroups {
  switch (filter.kind) {
    case 'and':
      return filter.items.flatMap((item) => [...tokenGroups(item, fieldsIndexed)]);
    case 'or': {
      const branches = filter.items.map((item) => tokenGroups(item, fieldsIndexed));
      // One group of each branch, so that each branch is covered; a branch that asks nothing asks nothing of all.
      if (branches.some((groups) => groups.length === 0)) return [];
      return [branches.flatMap((groups) => [...groups.toSorted((a, b) => a.length - b.length)[0]!])];
    }
    case 'text':
      return tokensOf(filter.text, filter.wholeStart, filter.wholeEnd);
    case 'attribute':
      if (filter.name === 'source') return [];
      if (filter.name === 'sender' && filter.glob.pieces.length === 1) {
        return [[attributeToken('sender', filter.glob.pieces[0]!)]];
      }
      return filter.name === 'sender' ? [] : globTokens(filter.glob.pieces);
    case 'field':
      if (fieldsIndexed && filter.glob.pieces.length === 1) return [[fieldToken(filter.name, filter.glob.pieces[0]!)]];
      return globTokens(filter.glob.pieces);
    case 'regex':
      return requiredTexts(filter.pattern, filter.ignoreCase).flatMap((text) => tokensOf(text, false, false));
    case 'device':
      if (filter.ids.size > DEVICES_MAX) return [];
      return [[...filter.ids].map((id) => attributeToken('device', String(id)))];
    case 'severity':
      return [maskTokens('severity', filter.mask, 8)].filter((group) => group.length < 8);
    case 'facility':
      return [maskTokens('facility', filter.mask, 24)];
    default:
      return [];
  }
}

function globTokens(pieces: readonly string[]): number[][] {
  const last = pieces.length - 1;
  // Quotes and backslashes may be escaped in the line itself; they are no part of words.
  return pieces.flatMap((piece, i) => tokensOf(piece, i === 0, i === last));
}

function maskTokens(name: string, mask: number, count: number): number[] {
  const values = Array.from({ length: count }, (_, value) => value).filter((value) => ((mask >> value) & 1) === 1);
  return values.map((value) => attributeToken(name, String(value)));
}

/** True when the filter asks for a field's value: such are indexed since version 2 of blocks. */
export function asksFields(filter: LogFilter): boolean {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.items.some(asksFields);
  return filter.kind === 'field';
}

/** Texts that every matching line holds, lower case. */
export function wantedTexts(filter: LogFilter): string[] {
  if (filter.kind === 'text') return [filter.text];
  if (filter.kind === 'regex') return requiredTexts(filter.pattern, filter.ignoreCase);
  return filter.kind === 'and' ? filter.items.flatMap(wantedTexts) : [];
}
