'use client';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import type { Task } from '@sotp/contract/devices.ts';
import type { RecurringWork } from '@sotp/contract/fleet.ts';
import { browserApi } from '#lib/api.ts';
import { asApiError } from '#lib/client.ts';
import { live } from '#lib/live.ts';
import { Age, Instant } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { PageHead, Section } from '#ui/page.tsx';
import { Chip } from '#ui/small.tsx';
import { Empty, ErrorState, SkeletonRows } from '#ui/state.tsx';
import { DataTable } from '#ui/table/table.tsx';
import { fleetState, taskList } from './queries.ts';
import { nameOf, Outcome, taskColumns } from './taskColumns.tsx';
import { TaskDialog } from './TaskDialog.tsx';

const STATES = ['waiting', 'running', 'failed', 'done', 'cancelled'] as const;

/** What ran, where, how long and why it failed; what waits; what comes back by the clock. Live. */
export function Tasks() {
  const client = useQueryClient();
  const [state, setState] = useState<Task['state'] | null>(null);
  const tasks = useInfiniteQuery(taskList(browserApi, state));
  const fleet = useQuery(fleetState(browserApi));
  const [open, setOpen] = useState<Task | null>(null);
  const again = useCallback(() => {
    void client.invalidateQueries({ queryKey: ['tasks'] });
    void client.invalidateQueries({ queryKey: ['fleet'] });
  }, [client]);
  useEffect(() => live().subscribe({ topic: 'tasks', onData: again, onGap: again }), [again]);
  const rows = useMemo(() => tasks.data?.pages.flatMap(({ items }) => items) ?? [], [tasks.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = tasks;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const { queue, recurring = [] } = fleet.data ?? {};
  return (
    <>
      <PageHead
        title="Tasks"
        state={
          queue ? `polls by the clock: ${queue.waiting} jobs wait, ${queue.running} run, ${queue.failed} failed` : null
        }
      />
      <div className="flex flex-col gap-6">
        <Recurring works={recurring} onDone={again} />
        <div className="flex flex-wrap gap-2">
          {STATES.map((one) => (
            <Chip key={one} on={state === one} onClick={() => setState(state === one ? null : one)}>
              {one}
            </Chip>
          ))}
        </div>
        {tasks.error && !tasks.data ? (
          <ErrorState error={tasks.error} what="The tasks could not be read." onRetry={() => void tasks.refetch()} />
        ) : !tasks.data ? (
          <SkeletonRows />
        ) : (
          <DataTable<Task>
            label="Tasks"
            rows={rows}
            columns={taskColumns}
            rowKey={({ id }) => id}
            onOpen={setOpen}
            onEnd={onEnd}
            phone={(row) => (
              <>
                <span className="flex justify-between gap-3">
                  <span className="truncate font-medium">{nameOf(row)}</span>
                  <Age at={row.createdAt} className="text-[12px] text-muted" />
                </span>
                <span className="block truncate text-[12px]">
                  <Outcome task={row} />
                </span>
              </>
            )}
            empty={<Empty>{state ? `No task is ${state}.` : 'Nobody has asked for anything in the last week.'}</Empty>}
          />
        )}
      </div>
      {open ? (
        <TaskDialog
          task={rows.find(({ id }) => id === open.id) ?? open}
          recurs={recurring.some(({ kind }) => kind === open.kind)}
          onClose={() => setOpen(null)}
          onChanged={again}
        />
      ) : null}
    </>
  );
}

/** Work that comes back by the clock, such as backups. */
function Recurring({ works, onDone }: { works: readonly RecurringWork[]; onDone(): void }) {
  const start = useMutation({
    mutationFn: (kind: string) => browserApi.tasks.start(kind),
    onSuccess: onDone,
    onError: (error) => toast.error(asApiError(error).message),
  });
  if (works.length === 0) return null;
  return (
    <Section title="By the clock">
      <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
        {works.map(({ kind, title, cron, nextAt, last }) => (
          <li key={kind} className="flex flex-wrap items-center gap-x-5 gap-y-1 px-4 py-2.5 text-[13px]">
            <span className="font-medium">{title}</span>
            <span className="font-mono text-[12px] text-muted">{cron}</span>
            <span className="text-muted">next {nextAt ? <Instant at={nextAt} /> : 'never'}</span>
            <span className="min-w-24 flex-1 truncate">{last ? <Outcome task={last} /> : 'has not run yet'}</span>
            <Button className="h-7" busy={start.isPending} onClick={() => start.mutate(kind)}>
              Run now
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
