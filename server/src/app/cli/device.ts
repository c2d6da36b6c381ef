import { readFile } from 'node:fs/promises';
import { Device, ImportResult, Task, TaskRef } from '@sotp/contract/devices.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import type { Command } from 'commander';
import { z } from 'zod';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import type { ApiClient } from './api-client.ts';
import { connect, pages, withDataDir } from './connect.ts';
import type { RegisterCommand } from './context.ts';
import { credentialIds } from './credential-names.ts';
import { formatFields, formatTable } from './table.ts';

interface AddOptions {
  name?: string;
  site?: string;
  tag?: string[];
  credential?: string[];
  port?: string;
  json?: boolean;
}

const Devices = pageOf(Device);

function listDevices(api: ApiClient, query: Record<string, string | undefined>): AsyncGenerator<Device> {
  return pages((cursor) => api.call('GET', '/devices', Devices, { query: { ...query, limit: 1000, cursor } }));
}

/** The device that a person means: by id, or by a name or address that only one has. */
async function findDevice(api: ApiClient, text: string): Promise<Device> {
  const named: Device[] = [];
  for await (const device of listDevices(api, { search: text })) {
    if (device.name === text || device.address === text) named.push(device);
  }
  if (named.length > 1) {
    const ids = named.map(({ id }) => id).join(', ');
    throw new AppError('conflict', `“${text}” is the name or address of several devices: give an id, one of ${ids}.`);
  }
  if (named[0]) return named[0];
  try {
    return await api.call('GET', `/devices/${encodeURIComponent(text)}`, Device);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
    throw new AppError('not_found', `There is no device “${text}”: "sotp device list" shows all.`, { cause: error });
  }
}

const collect = (value: string, before: string[] = []) => [...before, value];

function showDevice(device: Device): string[] {
  const fields = formatFields([
    ['id', device.id],
    ['name', device.name],
    ['address', device.address],
    ['status', device.status],
    ['reason', device.statusReason],
    ['last seen', device.lastSeenAt],
    ['site', device.site],
    ['tags', device.tags.join(', ')],
    ['vendor', device.vendor],
    ['model', device.model],
    ['os', [device.os, device.osVersion].filter(Boolean).join(' ')],
    ['serial', device.serial],
    ['sysName', device.sysName],
    ['sysDescr', device.sysDescr],
    ['location', device.location],
  ]);
  const collectors = device.collectors.map((one) => {
    const state = one.up === null ? 'not run yet' : one.up ? 'up' : `down: ${one.error?.message ?? 'no reason known'}`;
    return [one.name, `every ${one.intervalSeconds} s`, state];
  });
  return [...fields, '', ...formatTable(['collector', 'interval', 'state'], collectors)];
}

const PollOutcome = z.object({
  collectors: z.array(
    z.object({ collector: z.string(), up: z.boolean(), error: z.object({ message: z.string() }).nullable() }),
  ),
});

function pollRows(task: Task): string[][] {
  const outcome = PollOutcome.safeParse(task.result);
  if (!outcome.success) return [];
  return outcome.data.collectors.map(({ collector, up, error }) => [collector, error?.message ?? (up ? 'up' : 'down')]);
}

/** Waits for a task to end; throws what it failed with. */
async function waitForTask(api: ApiClient, taskId: string, timeoutMs: number): Promise<Task> {
  const until = systemClock.monotonic() + timeoutMs;
  for (;;) {
    const task = await api.call('GET', `/tasks/${taskId}`, Task);
    if (task.state === 'done') return task;
    if (task.state === 'failed' || task.state === 'cancelled') {
      throw new AppError(task.error?.code ?? 'internal', task.error?.message ?? `The task was ${task.state}.`);
    }
    if (systemClock.monotonic() > until) {
      throw new AppError(
        'deadline_exceeded',
        `The poll has not ended within ${timeoutMs / 1000} s: is a collector running?`,
      );
    }
    await systemClock.sleep(200);
  }
}

/** `sotp device …` and `sotp poll`: the inventory from the shell, through the API. */
export const registerDevice: RegisterCommand = (program, context) => {
  const device = program.command('device').description('add, list, show, remove and import devices');

  withDataDir(device.command('add <address>'))
    .description('add a device')
    .option('--name <name>', 'how it is called (its address)')
    .option('--site <site>', 'where it is')
    .option('--tag <tag>', 'a tag; may be repeated', collect)
    .option('--credential <name>', 'name or id of a credential; may be repeated', collect)
    .option('--port <port>', 'UDP port of its SNMP agent (161)')
    .option('--json', 'as JSON')
    .action(async (address: string, options: AddOptions, command: Command) => {
      const api = await connect(command);
      const credentials = await credentialIds(api, options.credential ?? []);
      const port = options.port === undefined ? undefined : Number(options.port);
      const snmp = { name: 'snmp', settings: { port } };
      const collectors = port === undefined ? undefined : [{ name: 'icmp' }, snmp];
      const { name, site, tag: tags } = options;
      const body = { address, name, site, tags, credentials, collectors };
      const added = await api.call('POST', '/devices', Device, { body });
      if (options.json) context.printJson(added);
      else context.print(`Added ${added.name} as device ${added.id}.`);
    });

  withDataDir(device.command('list'))
    .description('list devices')
    .option('--search <text>', 'part of a name, address, …')
    .option('--status <status>', 'up, degraded, down, unknown, maintenance or disabled')
    .option('--site <site>', 'at this site')
    .option('--tag <tag>', 'with this tag')
    .option('--json', 'as JSON, one device a line')
    .action(async (options: Record<string, string | undefined> & { json?: boolean }, command: Command) => {
      const api = await connect(command);
      const { search, status, site, tag } = options;
      const rows: string[][] = [];
      for await (const one of listDevices(api, { search, status, site, tag })) {
        if (options.json) context.printJson(one);
        else rows.push([one.id, one.name, one.address, one.status, one.vendor ?? '', one.site ?? '']);
      }
      if (options.json) return;
      if (rows.length === 0) return context.note('No devices.');
      for (const line of formatTable(['id', 'name', 'address', 'status', 'vendor', 'site'], rows)) context.print(line);
    });

  withDataDir(device.command('show <device>'))
    .description('show a device, by id, name or address')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { json?: boolean }, command: Command) => {
      const found = await findDevice(await connect(command), text);
      if (options.json) return context.printJson(found);
      for (const line of showDevice(found)) context.print(line);
    });

  withDataDir(device.command('remove <device>'))
    .description('remove a device with everything that was measured on it')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { json?: boolean }, command: Command) => {
      const api = await connect(command);
      const found = await findDevice(api, text);
      await api.send('DELETE', `/devices/${found.id}`);
      if (options.json) context.printJson({ id: found.id, name: found.name });
      else context.print(`Removed ${found.name} (device ${found.id}).`);
    });

  withDataDir(device.command('import <file>'))
    .description('add or change the devices of a CSV file with a header line')
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--json', 'as JSON')
    .action(async (file: string, options: { dryRun?: boolean; json?: boolean }, command: Command) => {
      const text = await readFile(file, 'utf8').catch((cause: unknown) => {
        throw new AppError('bad_request', `${file} cannot be read: check the name and its permissions.`, { cause });
      });
      const api = await connect(command);
      const result = await api.call('POST', '/devices/import', ImportResult, {
        query: { dryRun: options.dryRun ? 'true' : 'false' },
        body: text,
        contentType: 'text/csv',
      });
      if (options.json) context.printJson(result);
      else context.print(`${result.created} created, ${result.updated} updated, ${result.unchanged} unchanged.`);
      for (const { line, message } of result.errors) context.note(`line ${line}: ${message}`);
      if (result.errors.length > 0) process.exitCode = 1;
    });

  withDataDir(program.command('poll <device>'))
    .description('poll a device now and wait for the outcome')
    .option('--no-wait', 'do not wait')
    .option('--json', 'as JSON')
    .action(async (text: string, options: { wait: boolean; json?: boolean }, command: Command) => {
      const api = await connect(command);
      const found = await findDevice(api, text);
      const { taskId } = await api.call('POST', `/devices/${found.id}/poll`, TaskRef);
      if (!options.wait) return options.json ? context.printJson({ taskId }) : context.print(`Task ${taskId}.`);
      const task = await waitForTask(api, taskId, 60_000);
      if (options.json) return context.printJson(task);
      context.print(`Polled ${found.name}.`);
      for (const line of formatTable(['collector', 'state'], pollRows(task))) context.print(line);
    });
};
