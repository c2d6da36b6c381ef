'use client';
import { useCallback } from 'react';
import { usePathname, useSearchParams } from 'next/navigation';

export type UrlChange = Readonly<Record<string, string | null>>;

/** State that lives in the address, so that it can be shared and survives a reload; changing it asks no server. */
export function useUrlState() {
  const params = useSearchParams();
  const path = usePathname();
  const set = useCallback(
    (change: UrlChange, how: 'replace' | 'push' = 'replace') => {
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(change)) {
        if (value === null || value === '') next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      const url = text === '' ? path : `${path}?${text}`;
      if (how === 'push') window.history.pushState(null, '', url);
      else window.history.replaceState(null, '', url);
    },
    [path],
  );
  return { params, set };
}
