import { env, expect, expectAccessible, PASSWORD, test } from './fixtures.ts';

test.describe.configure({ mode: 'serial' });

test('the one-time link sets the first password and signs in', async ({ page, context }) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/setup$/);
  await expect(page.getByText('one-time set-up link')).toBeVisible();
  await page.goto(env('SETUP_LINK'));
  await expectAccessible(page);
  await page.getByLabel('Password for admin').fill(PASSWORD);
  await page.getByLabel('The same again').fill('something else');
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByText('The two are not the same.')).toBeVisible();
  await page.getByLabel('The same again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await expect(page.getByText('Nothing is watched yet')).toBeVisible();
  await expectAccessible(page);
  await context.storageState({ path: env('STATE') });
});

test('the link works once', async ({ page }) => {
  await page.goto(env('SETUP_LINK'));
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('a wrong password is said, a right one leads to the page that was asked for', async ({ page, context }) => {
  await page.goto('/devices?status=up');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill('wrong password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'invalid_credentials' })).toBeVisible();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/devices\?status=up$/);
  await context.storageState({ path: env('STATE') });
});

test.describe('signed in', () => {
  test.use({ storageState: env('STATE') });

  test('a wrong community is a clear sentence, the right one adds the device and its rates come by themselves', async ({
    page,
  }) => {
    test.skip(env('SNMPD_PORT') === '', "net-snmp's snmpd is not installed");
    test.setTimeout(150_000);
    await page.goto('/devices');
    await page.getByRole('button', { name: 'Add the first device' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add device' });
    await expect(dialog.getByLabel('Address')).toBeFocused();
    await dialog.getByLabel('Address').fill('127.0.0.1:161');
    await dialog.getByRole('button', { name: 'Test' }).click();
    await expect(dialog.getByText('A port goes into its own field.')).toBeVisible();
    await expect(dialog.getByText('This is needed.')).toBeVisible();
    await dialog.getByLabel('Address').fill('127.0.0.1');
    await dialog.getByLabel('SNMP port').fill(env('SNMPD_PORT'));
    await dialog.getByLabel('Community').fill('not-the-community');
    await dialog.getByRole('button', { name: 'Test' }).click();
    await expect(dialog.getByText(/No answer .*community may be wrong.*cannot be told apart/)).toBeVisible({
      timeout: 30_000,
    });
    await dialog.getByLabel('Community').fill('public');
    await dialog.getByRole('button', { name: 'Test' }).click();
    await expect(dialog.getByText('e2e-agent').first()).toBeVisible();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Add device' }).click();

    await expect(page.getByRole('heading', { level: 1 })).toHaveText('e2e-agent');
    const head = page.locator('main header');
    await expect(head.getByText('Up', { exact: true })).toBeVisible({ timeout: 30_000 });
    await page.getByRole('link', { name: 'Interfaces' }).click();
    const loopback = page.getByRole('row').filter({ has: page.getByRole('cell', { name: 'lo', exact: true }) });
    // In and out of the loopback interface; SOTP itself talks to its database over it.
    await expect(loopback).toContainText(/[1-9][\d.]* [kMG]?bit\/s.*[1-9][\d.]* [kMG]?bit\/s/, { timeout: 90_000 });
    await expectAccessible(page);
    await loopback.click();
    const chart = page.getByRole('dialog').getByRole('figure').first();
    await expect(chart.locator('canvas')).toBeVisible();
    await expect(chart.getByRole('row', { name: /^In / })).toContainText(/[1-9]/);
    await expectAccessible(page);
  });

  test('the same device a second time is refused by name', async ({ page }) => {
    test.skip(env('SNMPD_PORT') === '', "net-snmp's snmpd is not installed");
    await page.goto('/devices');
    const dialog = page.getByRole('dialog', { name: 'Add device' });
    // A key counts once the page has come to life.
    await expect(async () => {
      await page.keyboard.press('a');
      await expect(dialog).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 15_000 });
    await dialog.getByLabel('Address').fill('127.0.0.1');
    await dialog.getByLabel('SNMP port').fill(env('SNMPD_PORT'));
    await dialog.getByRole('button', { name: 'Add device' }).click();
    await expect(dialog.getByRole('alert')).toContainText('duplicate_device');
  });

  test('a name that cannot be resolved says so', async ({ page }) => {
    await page.goto('/devices');
    await page.getByRole('button', { name: 'Add device' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Add device' });
    await dialog.getByLabel('Address').fill('no-such-host.invalid');
    await dialog.getByLabel('Asked by').selectOption('none');
    await dialog.getByRole('button', { name: 'Test' }).click();
    await expect(dialog.getByText(/no-such-host\.invalid/).first()).toBeVisible({ timeout: 20_000 });
  });
});
