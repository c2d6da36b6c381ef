'use client';
import { useEffect } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { SamplesEvent } from '@sotp/contract/live.ts';
import { live } from '#lib/live.ts';
import { appendSamples, createSampleTracker } from './append.ts';

const REFETCH_AT_MOST_EVERY_MS = 3000;

/** Subscribes to a device's samples for as long as the page shows it: every poll moves every chart by one point. */
export function useLiveSamples(deviceId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const tracker = createSampleTracker();
    let wait: ReturnType<typeof setTimeout> | undefined;
    function refetchSoon(): void {
      wait ??= setTimeout(() => {
        wait = undefined;
        void client.invalidateQueries({ queryKey: ['metrics', deviceId] });
      }, REFETCH_AT_MOST_EVERY_MS);
    }
    const stop = live().subscribe({
      topic: 'samples',
      filter: { device: deviceId },
      onData(data) {
        const event = SamplesEvent.safeParse(data);
        if (event.success && !appendSamples(client, event.data, tracker)) refetchSoon();
      },
      onGap: refetchSoon,
    });
    return () => {
      stop();
      clearTimeout(wait);
    };
  }, [client, deviceId]);
}
