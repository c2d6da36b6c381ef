import type { Task } from '@sotp/contract/devices.ts';
import { show } from '#lib/format.ts';
import { Age } from '#ui/age.tsx';
import { cx } from '#ui/class.ts';
import type { Column } from '#ui/table/columns.ts';

const KINDS: Readonly<Record<string, string>> = {
  'device.poll': 'Poll',
  backup: 'Backup',
  report: 'Report',
  discovery: 'Discovery',
};

/** What a task does, in words. */
export function nameOf({ kind, deviceId, deviceName }: Task): string {
  const name = KINDS[kind] ?? kind;
  return deviceId === null ? name : `${name} of ${deviceName ?? 'a removed device'}`;
}

const TONE: Readonly<Record<Task['state'], string>> = {
  waiting: 'text-muted',
  running: 'text-text',
  done: 'text-up',
  failed: 'text-down',
  cancelled: 'text-muted',
};

/** How it stands, and why it failed. */
export function Outcome({ task }: { task: Task }) {
  return (
    <>
      <span className={cx('font-medium', TONE[task.state])}>{task.state}</span>
      {task.error ? <span className="text-muted"> {task.error.message}</span> : null}
    </>
  );
}

/** Milliseconds from its start to its end. */
export function tookMs({ startedAt, finishedAt }: Task): number | null {
  return startedAt === null || finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(startedAt);
}

export const taskColumns: readonly Column<Task>[] = [
  { id: 'at', header: 'When', width: '110px', cell: ({ createdAt }) => <Age at={createdAt} /> },
  { id: 'what', header: 'What', width: '210px', cell: (task) => <span className="font-medium">{nameOf(task)}</span> },
  {
    id: 'outcome',
    header: 'Outcome',
    cell: (task) => (
      <span title={task.error?.message}>
        <Outcome task={task} />
      </span>
    ),
  },
  {
    id: 'took',
    header: 'Took',
    width: '90px',
    numeric: true,
    from: 'md',
    cell: (task) => <span className="figures">{show(tookMs(task), 'ms')}</span>,
  },
  { id: 'where', header: 'Where', width: '160px', from: 'lg', cell: ({ worker }) => worker ?? '–' },
  { id: 'by', header: 'Asked by', width: '130px', from: 'lg', cell: ({ createdBy }) => createdBy },
];
