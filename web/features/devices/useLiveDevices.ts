'use client';
import { useEffect } from 'react';
import { useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import type { Device } from '@sotp/contract/devices.ts';
import { DeviceEvent } from '@sotp/contract/live.ts';
import type { Page } from '@sotp/contract/lists.ts';
import { live } from '#lib/live.ts';

const GATHER_MS = 1000;

/** Keeps every list and page of devices true to what the hub says. Changes are gathered for a second. */
export function useLiveDevices(): void {
  const client = useQueryClient();
  useEffect(() => {
    let lists = false;
    const devices = new Set<string>();
    const inventories = new Set<string>();
    let wait: ReturnType<typeof setTimeout> | undefined;

    function later(): void {
      wait ??= setTimeout(() => {
        wait = undefined;
        if (lists) void client.invalidateQueries({ queryKey: ['devices'] });
        for (const id of devices) void client.invalidateQueries({ queryKey: ['device', id], exact: true });
        for (const id of inventories) void client.invalidateQueries({ queryKey: ['device', id, 'inventory'] });
        lists = false;
        devices.clear();
        inventories.clear();
      }, GATHER_MS);
    }

    const stop = live().subscribe({
      topic: 'devices',
      onData(data) {
        const event = DeviceEvent.safeParse(data);
        if (!event.success) return;
        const { deviceId, change, status } = event.data;
        devices.add(deviceId);
        if (change === 'facts') inventories.add(deviceId);
        if (change === 'polled') markSeen(client, deviceId, status);
        else lists = true;
        later();
      },
      onGap() {
        void client.invalidateQueries({ queryKey: ['devices'] });
        void client.invalidateQueries({ queryKey: ['device'] });
      },
    });
    return () => {
      stop();
      clearTimeout(wait);
    };
  }, [client]);
}

/** A poll that was answered: the age in the lists starts anew without fetching them. */
function markSeen(client: QueryClient, deviceId: string, status: string | undefined): void {
  if (status !== 'up' && status !== 'degraded') return;
  const lastSeenAt = new Date().toISOString();
  client.setQueriesData<InfiniteData<Page<Device>>>({ queryKey: ['devices', 'list'] }, (data) => {
    if (!data?.pages.some((page) => page.items.some(({ id }) => id === deviceId))) return data;
    const pages = data.pages.map((page) => ({
      ...page,
      items: page.items.map((device) => (device.id === deviceId ? { ...device, lastSeenAt } : device)),
    }));
    return { ...data, pages };
  });
}
