import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { preference } from '#lib/server.ts';
import { DENSITIES, THEMES } from '#lib/preferences.ts';
import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'SOTP', template: '%s · SOTP' },
  description: 'System Observability & Telemetry Platform',
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1 };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = await preference('sotp_theme', THEMES, 'system');
  const density = await preference('sotp_density', DENSITIES, 'compact');
  return (
    <html lang="en" data-theme={theme} data-density={density}>
      <body>{children}</body>
    </html>
  );
}
