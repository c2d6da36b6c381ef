'use client';
import { createContext, useContext, useState, type ReactNode } from 'react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Toaster } from 'sonner';
import type { Me, Permission } from '@sotp/contract/access.ts';
import { ApiError } from '#lib/client.ts';
import { NowProvider } from '#lib/now.tsx';

const MeContext = createContext<Me | null>(null);

/** Who is signed in. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('useMe outside of the signed-in pages');
  return me;
}

/** Whether the visitor may do something; what may not be done is not offered. */
export function useMay(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}

function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
      },
    },
  });
}

/** What every signed-in page stands on. */
export function Providers({ me, now, children }: { me: Me; now: number; children: ReactNode }) {
  const [queries] = useState(createQueries);
  return (
    <MeContext value={me}>
      <QueryClientProvider client={queries}>
        <NowProvider now={now}>{children}</NowProvider>
        <Toaster
          position="bottom-right"
          toastOptions={{
            style: {
              background: 'var(--raised)',
              color: 'var(--text)',
              border: '1px solid var(--line)',
              boxShadow: 'var(--shadow)',
            },
          }}
        />
      </QueryClientProvider>
    </MeContext>
  );
}
