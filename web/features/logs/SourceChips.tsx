'use client';
import { Chip } from '#ui/small.tsx';

const SOURCES = [
  ['syslog', 'Syslog'],
  ['trap', 'SNMP traps'],
] as const;

interface SourceChipsProps {
  query: string;
  onQuery(query: string): void;
}

/** What lines came by, as a part of the query. */
export function SourceChips({ query, onQuery }: SourceChipsProps) {
  const without = query.replaceAll(/(?:^|\s+)source:\S+/g, '').trim();
  return SOURCES.map(([source, label]) => {
    const term = `source:${source}`;
    const on = query.split(/\s+/).includes(term);
    return (
      <Chip key={source} on={on} onClick={() => onQuery(on ? without : `${without} ${term}`.trim())}>
        {label}
      </Chip>
    );
  });
}
