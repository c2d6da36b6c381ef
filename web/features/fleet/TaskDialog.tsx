'use client';
import Link from 'next/link';
import { useMutation } from '@tanstack/react-query';
import type { Task } from '@sotp/contract/devices.ts';
import { browserApi } from '#lib/api.ts';
import { show } from '#lib/format.ts';
import { Instant } from '#ui/age.tsx';
import { Button } from '#ui/button.tsx';
import { Dialog } from '#ui/dialog.tsx';
import { Facts } from '#ui/page.tsx';
import { Problem } from '#ui/state.tsx';
import { nameOf, Outcome, tookMs } from './taskColumns.tsx';
import { TaskResult } from './TaskResult.tsx';

interface TaskDialogProps {
  readonly task: Task;
  /** It is work that comes back by the clock: once more means now. */
  readonly recurs: boolean;
  onClose(): void;
  onChanged(): void;
}

/** One task: all that is known of it, once more, or not at all. */
export function TaskDialog({ task, recurs, onClose, onChanged }: TaskDialogProps) {
  const retry = useMutation({
    mutationFn: () => (recurs ? browserApi.tasks.start(task.kind) : browserApi.tasks.retry(task.id)),
    onSuccess() {
      onChanged();
      onClose();
    },
  });
  const cancel = useMutation({ mutationFn: () => browserApi.tasks.cancel(task.id), onSuccess: onChanged });
  const over = task.finishedAt !== null;
  const error = retry.error ?? cancel.error;
  return (
    <Dialog open onOpenChange={onClose} title={nameOf(task)} wide>
      <Facts
        items={[
          ['State', <Outcome key="state" task={task} />],
          ['Asked for', <Instant key="created" at={task.createdAt} />],
          ['Asked by', task.createdBy],
          ['Begun', task.startedAt ? <Instant key="started" at={task.startedAt} /> : null],
          ['Ended', task.finishedAt ? <Instant key="finished" at={task.finishedAt} /> : null],
          ['Took', tookMs(task) === null ? null : show(tookMs(task), 'ms')],
          ['Where', task.worker],
          [
            'Device',
            task.deviceName === null ? null : (
              <Link key="device" href={`/devices/${task.deviceId}`} className="text-accent hover:underline">
                {task.deviceName}
              </Link>
            ),
          ],
          ['Repeats', task.retryOf],
        ]}
      />
      {task.result === undefined ? null : <TaskResult result={task.result} />}
      <Problem error={error} />
      <div className="mt-4 flex justify-end gap-2">
        {over ? null : (
          <Button busy={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel task
          </Button>
        )}
        {over && (recurs || task.kind === 'device.poll') ? (
          <Button look="primary" busy={retry.isPending} onClick={() => retry.mutate()}>
            Do it again
          </Button>
        ) : null}
      </div>
    </Dialog>
  );
}
