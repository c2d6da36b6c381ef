import { z } from 'zod';
import {
  AuditEntry,
  LoginAnswer,
  Me,
  SetupState,
  Token,
  TokenCreated,
  User,
  type Login,
  type Setup,
  type TokenCreate,
  type UserCreate,
  type UserPatch,
} from '@sotp/contract/access.ts';
import {
  Alert,
  AlertSummary,
  Channel,
  Notification,
  type AlertAcknowledge,
  type ChannelCreate,
  type ChannelPatch,
} from '@sotp/contract/alerts.ts';
import { Canary } from '@sotp/contract/canary.ts';
import { DeviceChange } from '@sotp/contract/changes.ts';
import {
  CredentialSet,
  CredentialSetList,
  type CredentialSetCreate,
  type CredentialSetPatch,
} from '@sotp/contract/credential-sets.ts';
import {
  Credential,
  CredentialUser,
  DeviceCredentialList,
  type CredentialCreate,
  type FinishRotation,
  type NextSecret,
} from '@sotp/contract/credentials.ts';
import {
  Device,
  DeviceSummary,
  DeviceTestResult,
  Task,
  TaskRef,
  type DeviceCreate,
  type DevicePatch,
  type DeviceTest,
} from '@sotp/contract/devices.ts';
import { BlindSpots } from '@sotp/contract/blind-spots.ts';
import { Fleet } from '@sotp/contract/fleet.ts';
import { Inventory } from '@sotp/contract/inventory.ts';
import { pageOf } from '@sotp/contract/lists.ts';
import {
  CountedQuery,
  CountedQueryList,
  LogContext,
  LogDetail,
  LogHistogram,
  LogPage,
  LogPatterns,
  LogSenders,
  LogUsage,
  type CountedQueryCreate,
} from '@sotp/contract/logs.ts';
import { DeviceUsage, MetricAnswer, MetricUsage, Series } from '@sotp/contract/metrics.ts';
import { ProfileReport } from '@sotp/contract/profiles.ts';
import { createClient, type Client, type Query } from './client.ts';

const Alerts = pageOf(Alert);
const Channels = pageOf(Channel);
const Notifications = pageOf(Notification);
const Devices = pageOf(Device);
const DeviceChanges = pageOf(DeviceChange);
const Credentials = pageOf(Credential);
const CredentialUsers = pageOf(CredentialUser);
const Tasks = pageOf(Task);
const Users = pageOf(User);
const Tokens = pageOf(Token);
const Audit = pageOf(AuditEntry);
const SeriesPage = pageOf(Series);
const part = encodeURIComponent;

/** Every call that the pages make, by noun. */
export function createApi(client: Client) {
  return {
    setup: {
      state: () => client.get('/auth/setup', SetupState),
      finish: (body: Setup) => client.send('POST', '/auth/setup', body, z.unknown()),
    },
    auth: {
      login: (body: Login) => client.send('POST', '/auth/login', body, LoginAnswer),
      logout: () => client.send('POST', '/auth/logout', undefined, null),
      me: () => client.get('/auth/me', Me),
      password: (body: { current: string; password: string }) =>
        client.send('POST', '/auth/password', body, LoginAnswer),
    },
    devices: {
      list: (query: Query, signal?: AbortSignal) => client.get('/devices', Devices, query, signal),
      summary: () => client.get('/devices/summary', DeviceSummary),
      get: (id: string) => client.get(`/devices/${part(id)}`, Device),
      inventory: (id: string) => client.get(`/devices/${part(id)}/inventory`, Inventory),
      changes: (id: string, query: Query) => client.get(`/devices/${part(id)}/changes`, DeviceChanges, query),
      credentials: (id: string) => client.get(`/devices/${part(id)}/credentials`, DeviceCredentialList),
      reverse: (id: string, change: string) =>
        client.send('POST', `/devices/${part(id)}/changes/${part(change)}/reverse`, {}, null),
      create: (body: DeviceCreate) => client.send('POST', '/devices', body, Device),
      update: (id: string, body: DevicePatch) => client.send('PATCH', `/devices/${part(id)}`, body, Device),
      remove: (id: string) => client.send('DELETE', `/devices/${part(id)}`, undefined, null),
      poll: (id: string) => client.send('POST', `/devices/${part(id)}/poll`, {}, TaskRef),
      test: (body: DeviceTest) => client.send('POST', '/devices/test', body, DeviceTestResult),
    },
    tasks: {
      get: (id: string) => client.get(`/tasks/${part(id)}`, Task),
      list: (query: Query) => client.get('/tasks', Tasks, query),
      start: (kind: string) => client.send('POST', '/tasks', { kind }, TaskRef),
      retry: (id: string) => client.send('POST', `/tasks/${part(id)}/retry`, undefined, TaskRef),
      cancel: (id: string) => client.send('POST', `/tasks/${part(id)}/cancel`, undefined, Task),
    },
    alerts: {
      list: (query: Query) => client.get('/alerts', Alerts, query),
      summary: () => client.get('/alerts/summary', AlertSummary),
      acknowledge: (id: string, body: AlertAcknowledge) =>
        client.send('POST', `/alerts/${part(id)}/acknowledge`, body, Alert),
    },
    channels: {
      list: () => client.get('/channels', Channels, { limit: 1000 }),
      create: (body: ChannelCreate) => client.send('POST', '/channels', body, Channel),
      update: (id: string, body: ChannelPatch) => client.send('PATCH', `/channels/${part(id)}`, body, Channel),
      remove: (id: string) => client.send('DELETE', `/channels/${part(id)}`, undefined, null),
      test: (id: string) => client.send('POST', `/channels/${part(id)}/test`, undefined, z.unknown()),
    },
    notifications: (query: Query) => client.get('/notifications', Notifications, query),
    canary: () => client.get('/canary', Canary),
    blindSpots: () => client.get('/blind-spots', BlindSpots),
    fleet: {
      get: () => client.get('/fleet', Fleet),
      releaseSite: (site: string) => client.send('DELETE', `/fleet/sites/${part(site)}`, undefined, null),
    },
    metrics: {
      query: (query: Query, signal?: AbortSignal) => client.get('/metrics/query', MetricAnswer, query, signal),
      series: (query: Query) => client.get('/metrics/series', SeriesPage, query),
      usage: () => client.get('/metrics/usage', MetricUsage),
      deviceUsage: (id: string) => client.get(`/metrics/usage/${part(id)}`, DeviceUsage),
    },
    logs: {
      list: (query: Query, signal?: AbortSignal) => client.get('/logs', LogPage, query, signal),
      histogram: (query: Query, signal?: AbortSignal) => client.get('/logs/histogram', LogHistogram, query, signal),
      patterns: (query: Query, signal?: AbortSignal) => client.get('/logs/patterns', LogPatterns, query, signal),
      get: (id: string) => client.get(`/logs/${part(id)}`, LogDetail),
      context: (id: string) => client.get(`/logs/${part(id)}/context`, LogContext),
      senders: () => client.get('/logs/senders', LogSenders),
      usage: () => client.get('/logs/usage', LogUsage),
      counted: () => client.get('/log-queries', CountedQueryList),
      count: (body: CountedQueryCreate) => client.send('POST', '/log-queries', body, CountedQuery),
      countNoMore: (id: string) => client.send('DELETE', `/log-queries/${part(id)}`, undefined, null),
    },
    credentials: {
      list: () => client.get('/credentials', Credentials, { limit: 1000 }),
      create: (body: CredentialCreate) => client.send('POST', '/credentials', body, Credential),
      get: (id: string) => client.get(`/credentials/${part(id)}`, Credential),
      devices: (id: string, query: Query) => client.get(`/credentials/${part(id)}/devices`, CredentialUsers, query),
      rotate: (id: string, body: NextSecret) => client.send('PUT', `/credentials/${part(id)}/next`, body, Credential),
      finishRotation: (id: string, body: FinishRotation) =>
        client.send('POST', `/credentials/${part(id)}/next/finish`, body, Credential),
      cancelRotation: (id: string) => client.send('DELETE', `/credentials/${part(id)}/next`, undefined, Credential),
      remove: (id: string) => client.send('DELETE', `/credentials/${part(id)}`, undefined, null),
    },
    credentialSets: {
      list: () => client.get('/credential-sets', CredentialSetList),
      create: (body: CredentialSetCreate) => client.send('POST', '/credential-sets', body, CredentialSet),
      update: (id: string, body: CredentialSetPatch) =>
        client.send('PATCH', `/credential-sets/${part(id)}`, body, CredentialSet),
      order: (body: { ids: string[] }) => client.send('PUT', '/credential-sets/order', body, CredentialSetList),
      remove: (id: string) => client.send('DELETE', `/credential-sets/${part(id)}`, undefined, null),
    },
    users: {
      list: () => client.get('/users', Users, { limit: 1000 }),
      create: (body: UserCreate) => client.send('POST', '/users', body, User),
      update: (id: string, body: UserPatch) => client.send('PATCH', `/users/${part(id)}`, body, User),
      remove: (id: string) => client.send('DELETE', `/users/${part(id)}`, undefined, null),
    },
    tokens: {
      list: () => client.get('/tokens', Tokens, { limit: 1000 }),
      create: (body: TokenCreate) => client.send('POST', '/tokens', body, TokenCreated),
      remove: (id: string) => client.send('DELETE', `/tokens/${part(id)}`, undefined, null),
    },
    profiles: { report: () => client.get('/profiles', ProfileReport) },
    audit: { list: (query: Query) => client.get('/audit', Audit, query) },
  };
}

export type Api = ReturnType<typeof createApi>;

/** The API as the browser reaches it: same origin, with the visitor's cookie. */
export const browserApi: Api = createApi(createClient({ base: '' }));
