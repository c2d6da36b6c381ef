import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/** Browser tests with the system's Chromium; nothing is downloaded. SOTP and an snmpd are started by `setup.ts`. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  globalSetup: './setup.ts',
  outputDir: '../test-results',
  // The specs tell one story on one SOTP.
  workers: 1,
  fullyParallel: false,
  timeout: 120_000,
  // A test that passes at the second try is named as flaky in the closing lines.
  retries: process.env['CI'] ? 1 : 0,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  use: {
    // Set by `setup.ts` before a worker reads this file.
    baseURL: process.env['SOTP_E2E_URL'],
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['SOTP_CHROMIUM'] ?? CHROMIUM.find((path) => existsSync(path)),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
