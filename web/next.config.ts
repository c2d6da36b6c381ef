import type { NextConfig } from 'next';

/** Served by the hub as a custom server on SOTP's one port, so there is no standalone output and no rewrite. */
const config: NextConfig = {
  transpilePackages: ['@sotp/contract'],
  poweredByHeader: false,
  devIndicators: false,
  // `npm run check` holds the types; whoever only starts SOTP need not wait for it.
  typescript: { ignoreBuildErrors: true },
};

export default config;
