'use client';
import { useQuery } from '@tanstack/react-query';
import type { LogPattern } from '@sotp/contract/logs.ts';
import { browserApi } from '#lib/api.ts';
import { count, plural } from '#lib/format.ts';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import type { Column } from '#ui/table/columns.ts';
import { DataTable } from '#ui/table/table.tsx';
import { LineTime } from './columns.tsx';
import { logPatterns } from './queries.ts';
import type { LogFilter } from './queries.ts';
import { Severity } from './severity.tsx';

interface PatternsProps {
  filter: LogFilter;
  /** Shows the lines of a pattern. */
  onPick(query: string): void;
}

const percent = (share: number) => (share >= 0.1 ? `${Math.round(share * 100)} %` : `${(share * 100).toFixed(1)} %`);

/** The words of a pattern; what differs from line to line is only hinted at. */
function PatternText({ pattern }: { pattern: string }) {
  return (
    <span className="font-mono text-[12px]" title={pattern}>
      {pattern.split('<*>').map((piece, i) => (
        // eslint-disable-next-line react/no-array-index-key -- the pieces of one text never change places
        <span key={i}>
          {i > 0 ? <span className="text-muted">✱</span> : null}
          {piece}
        </span>
      ))}
    </span>
  );
}

function NewMark() {
  return <span className="rounded border border-accent px-1 text-[11px] font-medium text-accent">new</span>;
}

const COLUMNS: Column<LogPattern>[] = [
  { id: 'count', header: 'Lines', width: '84px', numeric: true, cell: ({ count: lines }) => count(lines) },
  { id: 'share', header: 'Share', width: '72px', numeric: true, from: 'lg', cell: ({ share }) => percent(share) },
  { id: 'severity', header: 'Worst', width: '92px', cell: ({ severity }) => <Severity severity={severity} /> },
  { id: 'new', header: 'New', quietHeader: true, width: '76px', cell: (pattern) => (pattern.new ? <NewMark /> : null) },
  { id: 'app', header: 'App', width: '132px', from: 'lg', cell: ({ app }) => app },
  { id: 'pattern', header: 'Pattern', cell: ({ pattern }) => <PatternText pattern={pattern} /> },
  { id: 'first', header: 'First', width: '116px', from: 'lg', cell: (one) => <LineTime at={one.firstSeenAt} /> },
  { id: 'last', header: 'Last', width: '116px', from: 'lg', cell: (one) => <LineTime at={one.lastSeenAt} /> },
];

/** What shapes the lines have, most frequent first; those that did not come in the same time before are marked. */
export function Patterns({ filter, onPick }: PatternsProps) {
  const found = useQuery(logPatterns(browserApi, filter));
  const { data, error } = found;
  if (error && !data) {
    return <ErrorState error={error} what="The patterns could not be found." onRetry={() => void found.refetch()} />;
  }
  if (!data) return <SkeletonRows rows={10} />;
  const fresh = data.items.filter((one) => one.new).length;
  return (
    <>
      <p className="mb-2 text-[13px] text-muted">
        {plural(data.items.length, 'pattern')}
        {fresh > 0 ? `, ${count(fresh)} of them new: not seen in the same time before` : ''}.
        {data.looked < data.lines
          ? ` A sample of ${count(data.looked)} of ${count(data.lines)} lines was looked at, from all over the time.`
          : ''}
      </p>
      <DataTable<LogPattern>
        label="Patterns"
        rows={data.items}
        columns={COLUMNS}
        rowKey={({ app, pattern }) => `${app} ${pattern}`}
        onOpen={({ query }) => onPick(query)}
        phone={(one) => (
          <>
            <span className="flex items-baseline justify-between gap-3">
              <span className="flex items-baseline gap-2">
                <Severity severity={one.severity} />
                {one.new ? <NewMark /> : null}
              </span>
              <span className="figures">
                {count(one.count)} <span className="text-muted">{percent(one.share)}</span>
              </span>
            </span>
            <span className="block truncate">
              <PatternText pattern={one.pattern} />
            </span>
          </>
        )}
        empty={<Empty>No line fits this filter in this time.</Empty>}
      />
    </>
  );
}
