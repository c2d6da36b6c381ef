'use client';
import { useEffect } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { live } from '#lib/live.ts';

/** Keeps the bell and the page true to what fires. */
export function useLiveAlerts(): void {
  const client = useQueryClient();
  useEffect(() => {
    const again = () => {
      void client.invalidateQueries({ queryKey: ['alerts'] });
      void client.invalidateQueries({ queryKey: ['notifications'] });
    };
    return live().subscribe({ topic: 'alerts', onData: again, onGap: again });
  }, [client]);
}
