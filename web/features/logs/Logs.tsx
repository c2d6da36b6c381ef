'use client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pause, Play, Radio, Search, Shapes } from 'lucide-react';
import { SEVERITY_NAMES, type LogEntry } from '@sotp/contract/logs.ts';
import { oneDevice } from '#features/devices/queries.ts';
import { useTimeWindow } from '#features/metrics/useWindow.ts';
import { browserApi } from '#lib/api.ts';
import { count, plural } from '#lib/format.ts';
import { useUrlState } from '#lib/url.ts';
import { Button } from '#ui/button.tsx';
import { Input } from '#ui/field.tsx';
import { PageHead } from '#ui/page.tsx';
import { Chip } from '#ui/small.tsx';
import { Empty, ErrorState, Problem, Skeleton, SkeletonRows } from '#ui/state.tsx';
import { DataTable } from '#ui/table/table.tsx';
import { GapText, logColumns, logPhoneRow, withGaps } from './columns.tsx';
import { CountedQueries } from './CountedQueries.tsx';
import { Histogram } from './Histogram.tsx';
import { ExportMenu } from './ExportMenu.tsx';
import { LineDialog } from './LineDialog.tsx';
import { Patterns } from './Patterns.tsx';
import { logFilterOf, logHistogram, logList, withTerm } from './queries.ts';
import { Senders } from './Senders.tsx';
import { SEVERITY_LOOK } from './severity.tsx';
import { SourceChips } from './SourceChips.tsx';
import { isGap, type TailRow } from './tail-rows.ts';
import { Usage } from './Usage.tsx';
import { useTail } from './useTail.ts';

const keyOf = ({ receivedAt, sender, message }: LogEntry) => `${receivedAt} ${sender} ${message}`;

/** What devices said: searched, counted over time, followed as it comes. */
export function Logs() {
  const { params, set } = useUrlState();
  const { zoom } = useTimeWindow();
  const filter = useMemo(() => logFilterOf(params), [params]);
  const following = params.get('live') === '1' && filter.window.kind === 'last';
  const asPatterns = params.get('view') === 'patterns';
  const [paused, setPaused] = useState(false);
  const [open, setOpen] = useState<LogEntry | null>(null);
  const client = useQueryClient();
  const list = useInfiniteQuery(logList(browserApi, filter));
  const histogram = useQuery(logHistogram(browserApi, filter));
  const device = useQuery({ ...oneDevice(browserApi, filter.device), enabled: filter.device !== '' });
  const tail = useTail(filter, following, paused);
  const narrow = useCallback(
    (name: string, value: string, exclude?: boolean) => {
      setOpen(null);
      set({ q: withTerm(filter.query, name, value, exclude) });
    },
    [filter.query, set],
  );
  const columns = useMemo(() => withGaps(logColumns(narrow)), [narrow]);
  const stored = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const rows = useMemo(() => {
    if (tail.rows.length === 0) return stored;
    const known = new Set(stored.slice(0, 500).map(keyOf));
    return [...tail.rows.filter((row) => isGap(row) || !known.has(keyOf(row))), ...stored];
  }, [stored, tail.rows]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  // A long search stops now and then to say how far it came; with nothing to show yet, it goes on by itself.
  useEffect(() => {
    if (stored.length < 30) onEnd();
  }, [stored.length, list.data, onEnd]);

  const sums = useMemo(
    () =>
      SEVERITY_LOOK.map((_, i) => (histogram.data?.steps ?? []).reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0)),
    [histogram.data],
  );
  const shown = useMemo(() => {
    const names = filter.severity.split(',').filter(Boolean);
    return new Set(names.map((name) => SEVERITY_NAMES.findIndex((one) => one === name)).filter((n) => n >= 0));
  }, [filter.severity]);
  const total = sums.reduce((sum, value, i) => sum + (shown.size === 0 || shown.has(i) ? value : 0), 0);

  function toggle(severity: number): void {
    const next = new Set(shown);
    if (!next.delete(severity)) next.add(severity);
    set({
      severity: [...next]
        .toSorted((a, b) => a - b)
        .map((n) => SEVERITY_NAMES[n])
        .join(','),
    });
  }

  function follow(): void {
    setPaused(false);
    set({ live: following ? null : '1', from: null, to: null, view: null });
    void client.invalidateQueries({ queryKey: ['logs'] });
  }

  return (
    <>
      <PageHead
        title="Logs"
        state={histogram.data ? `${plural(total, 'line')}${histogram.data.countedFrom ? ' or more' : ''}` : null}
        actions={
          <>
            <Senders onNarrow={narrow} />
            <CountedQueries query={filter.query} />
            <Usage />
            <ExportMenu filter={filter} />
            <Button
              onClick={() => set({ view: asPatterns ? null : 'patterns', live: null })}
              aria-pressed={asPatterns}
              look={asPatterns ? 'primary' : 'plain'}
            >
              <Shapes className="size-3.5" aria-hidden />
              Patterns
            </Button>
            {following ? (
              <Button onClick={() => setPaused((before) => !before)} aria-pressed={paused}>
                {paused ? <Play className="size-3.5" aria-hidden /> : <Pause className="size-3.5" aria-hidden />}
                {paused ? `Go on${tail.waiting > 0 ? ` (${count(tail.waiting)} new)` : ''}` : 'Pause'}
              </Button>
            ) : null}
            <Button onClick={follow} aria-pressed={following} look={following ? 'primary' : 'plain'}>
              <Radio className="size-3.5" aria-hidden />
              Follow
            </Button>
          </>
        }
      />
      <QueryField value={filter.query} onChange={(q) => set({ q })} />
      <div className="mb-3 flex gap-1.5 overflow-x-auto py-0.5">
        {filter.device ? (
          <Chip on onClick={() => set({ device: null })}>
            Device {device.data?.name ?? filter.device}
          </Chip>
        ) : null}
        {SEVERITY_LOOK.map(({ word, text }, severity) =>
          (sums[severity] ?? 0) > 0 || shown.has(severity) ? (
            <Chip key={word} on={shown.has(severity)} onClick={() => toggle(severity)}>
              <span className={text}>{word}</span>
              <span className="figures text-muted">{count(sums[severity] ?? 0)}</span>
            </Chip>
          ) : null,
        )}
        <SourceChips query={filter.query} onQuery={(q) => set({ q })} />
      </div>
      {histogram.data ? (
        <Histogram data={histogram.data} shown={shown} onZoom={zoom} />
      ) : histogram.error ? null : (
        <Skeleton className="mb-3 h-[126px]" />
      )}
      {list.error && list.data ? <Problem error={list.error} className="mb-3" /> : null}
      {asPatterns ? (
        <Patterns filter={filter} onPick={(q) => set({ q: `${filter.query} ${q}`.trim(), view: null })} />
      ) : list.error && !list.data ? (
        <ErrorState error={list.error} what="The lines could not be read." onRetry={() => void list.refetch()} />
      ) : !list.data ? (
        <SkeletonRows rows={14} />
      ) : (
        <DataTable<TailRow>
          label="Log lines"
          rows={rows}
          columns={columns}
          rowKey={({ id }) => id}
          onOpen={(row) => {
            if (!isGap(row)) setOpen(row);
          }}
          onEnd={onEnd}
          phone={(row) => (isGap(row) ? <GapText gap={row} /> : logPhoneRow(row))}
          empty={
            hasNextPage ? (
              <Empty>Still searching…</Empty>
            ) : filter.query || filter.severity || filter.device ? (
              <Empty
                action={
                  <Button onClick={() => set({ q: null, severity: null, device: null })}>Clear the filter</Button>
                }
              >
                No line fits this filter in this time.
              </Empty>
            ) : (
              <Empty>
                No lines came in this time. Point the syslog of your devices at this machine, port 5514, UDP or TCP, and
                their SNMP traps at UDP port 1162; or look further back.
              </Empty>
            )
          }
        />
      )}
      {open ? <LineDialog line={open} onClose={() => setOpen(null)} onNarrow={narrow} /> : null}
    </>
  );
}

/** The query as it is typed; asked with Enter, since half a query is often none. */
function QueryField({ value, onChange }: { value: string; onChange(value: string): void }) {
  const [text, setText] = useState(value);
  const asked = useRef(value);
  useEffect(() => {
    if (value === asked.current) return;
    asked.current = value;
    setText(value);
  }, [value]);
  function ask(): void {
    const next = text.trim();
    if (next === asked.current) return;
    asked.current = next;
    onChange(next);
  }
  return (
    <form
      role="search"
      className="mb-2 flex gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <span className="relative min-w-0 flex-1">
        <Search
          className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-muted"
          aria-hidden
        />
        <Input
          type="search"
          data-filter
          mono
          aria-label="Search lines"
          placeholder={'failed -cron severity>=warning device:core* "link down" /regex/'}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            if (event.target.value === '') {
              asked.current = '';
              onChange('');
            }
          }}
          className="pl-8"
        />
      </span>
      <Button type="submit">Search</Button>
    </form>
  );
}
