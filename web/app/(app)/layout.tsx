import type { ReactNode } from 'react';
import { Frame } from '#features/frame/Frame.tsx';
import { Providers } from '#features/frame/Providers.tsx';
import { Unavailable } from '#features/frame/Unavailable.tsx';
import { ApiError } from '#lib/client.ts';
import { DENSITIES, RAILS, THEMES } from '#lib/preferences.ts';
import { preference, refused, requireMe } from '#lib/server.ts';

/** Everything behind the sign-in. */
export default async function AppLayout({ children }: { children: ReactNode }) {
  const me = await requireMe().catch(refused);
  if (me instanceof ApiError) return <Unavailable code={me.code} message={me.message} />;
  const [rail, theme, density] = await Promise.all([
    preference('sotp_rail', RAILS, 'wide'),
    preference('sotp_theme', THEMES, 'system'),
    preference('sotp_density', DENSITIES, 'compact'),
  ]);
  return (
    <Providers me={me} now={Date.now()}>
      <Frame rail={rail} theme={theme} density={density}>
        {children}
      </Frame>
    </Providers>
  );
}
