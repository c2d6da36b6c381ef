import { test as base, expect, type Page } from '@playwright/test';
import AxeBuilder from '@axe-core/playwright';

export const PASSWORD = 'correct horse battery';

/** What `setup.ts` started. */
export function env(name: 'URL' | 'SETUP_LINK' | 'STATE' | 'SNMPD_PORT'): string {
  return process.env[`SOTP_E2E_${name}`] ?? '';
}

/** A page on the tested SOTP that fails its test when it logs an error: a broken policy or hydration shows up so. */
export const test = base.extend<{ faults: string[] }>({
  faults: [
    async ({ page }, use) => {
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(String(error)));
      page.on('console', (message) => {
        // A refused or broken connection is logged by the browser itself; what the page says of it the specs look at.
        const text = message.text();
        if (message.type() === 'error' && !/^(Failed to load resource|WebSocket connection)/.test(text))
          faults.push(text);
      });
      await use(faults);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
});

/** Nothing that keeps somebody from using the page. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
}

export { expect };
