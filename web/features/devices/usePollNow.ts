'use client';
import { useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { browserApi } from '#lib/api.ts';
import { asApiError } from '#lib/client.ts';

const ASK_EVERY_MS = 500;
const GIVE_UP_MS = 60_000;

/** Polls a device at once and waits for what came of it. */
export function usePollNow(deviceId: string): { busy: boolean; start(): void } {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);

  async function run(): Promise<void> {
    const { taskId } = await browserApi.devices.poll(deviceId);
    const until = Date.now() + GIVE_UP_MS;
    for (;;) {
      const task = await browserApi.tasks.get(taskId);
      if (task.state === 'done') return void toast('Polled');
      if (task.error) return void toast.error(task.error.message);
      if (task.state === 'failed' || task.state === 'cancelled')
        return void toast.error('The poll did not come to an end.');
      if (Date.now() > until) return void toast('The poll is still running. The page shows its values when they come.');
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }

  return {
    busy,
    start() {
      setBusy(true);
      run()
        .catch((error: unknown) => toast.error(asApiError(error).message))
        .finally(() => {
          setBusy(false);
          void client.invalidateQueries({ queryKey: ['device', deviceId] });
          void client.invalidateQueries({ queryKey: ['metrics', deviceId] });
        });
    },
  };
}
