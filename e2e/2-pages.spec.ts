import { env, expect, expectAccessible, test } from './fixtures.ts';

const PAGES = [
  '/',
  '/devices',
  '/alerts',
  '/logs',
  '/blind-spots',
  '/credentials',
  '/profiles',
  '/fleet',
  '/tasks',
  '/disk',
  '/users',
  '/tokens',
  '/audit',
];
const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

test.use({ storageState: env('STATE') });

for (const [colorScheme, width, paths] of [
  // The page with every part, once: its rules are the same at every width.
  ['light', 1440, [...PAGES, '/ui']],
  ['dark', 390, PAGES],
] as const) {
  test.describe(`${colorScheme}, ${width} px`, () => {
    test.use({ colorScheme, viewport: { width, height: 844 } });
    for (const path of paths) {
      test(`${path} can be used by everybody and fits`, async ({ page }) => {
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expectAccessible(page);
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      });
    }
  });
}

test('text from outside is shown as it is and never run', async ({ page, request }) => {
  const added = await request.post('/api/v1/devices', {
    headers: { origin: env('URL') },
    data: { address: '127.88.0.1', name: HOSTILE, site: HOSTILE, tags: ['"><b>tag'], collectors: [{ name: 'icmp' }] },
  });
  expect(added.status()).toBe(201);
  const { id } = await added.json();
  for (const path of ['/', `/devices?search=img`, `/devices/${id}`, '/audit']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    expect(await page.evaluate("'hacked' in window")).toBe(false);
  }
  await page.goto(`/devices/${id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(HOSTILE);
});

test('pages carry a policy that runs only their own scripts', async ({ request }) => {
  const answer = await request.get('/devices');
  const policy = answer.headers()['content-security-policy'] ?? '';
  const [, nonce = ''] = /script-src 'self' 'nonce-([^']+)' 'strict-dynamic'/.exec(policy) ?? [];
  expect(nonce).not.toBe('');
  const html = await answer.text();
  const scripts = html.match(/<script\b[^>]*>/g) ?? [];
  expect(scripts.length).toBeGreaterThan(0);
  expect(scripts.filter((tag) => !tag.includes(`nonce="${nonce}"`))).toEqual([]);
  expect(html).toContain('Devices');
});

test('the keyboard is enough: filter, move, open, search, go', async ({ page }) => {
  await page.goto('/devices');
  const rows = page.locator('tbody tr[data-index]');
  await expect(rows.first()).toBeVisible();
  await page.keyboard.press('/');
  await expect(page.getByLabel('Search devices')).toBeFocused();
  await page.getByLabel('Search devices').blur();
  await rows.first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await expect(rows.first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/devices\/[^/]+$/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('u');
  await expect(page.getByRole('heading', { name: 'Users' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Name, address, site').fill('audit');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Audit' })).toBeVisible();
});

test('the chosen theme is there in the first paint of the next visit', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: /Signed in as/ }).click();
  await page.getByRole('menuitemradio', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const answer = await page.context().request.get('/');
  expect(await answer.text()).toContain('data-theme="dark"');
});

test('a lost connection is said, and found again', async ({ page, context }) => {
  await page.goto('/');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText('Not live')).toBeVisible();
  await expect(page.getByText('The live connection is lost.')).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
});

test('devices are removed together after saying what is lost', async ({ page }) => {
  await page.goto('/devices?search=img');
  const row = page.locator('tbody tr[data-index]').first();
  await row.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('This cannot be undone.')).toBeVisible();
  await dialog.getByRole('button', { name: /^Remove/ }).click();
  await expect(page.getByText('No device fits this filter.')).toBeVisible();
});
