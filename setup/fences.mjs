/**
 * Who may import whom in server/src: the one place that the linter (oxlint.config.ts), the table in ARCHITECTURE.md
 * and the tests (setup/fences.test.mjs) read. Every layer may also import contract, domain and platform.
 *
 * layers      whole layers it may reach
 * interfaces  layers of which it may reach only the interface files (NOUN/NOUN.ts) and the registry
 * siblings    false: the layer's folders do not see each other
 */
export const LAYERS = [
  'app',
  'api',
  'worker',
  'collectors',
  'notifiers',
  'services',
  'queue',
  'cache',
  'bus',
  'stores',
  'protocols',
  'domain',
  'platform',
];

const base = ['domain', 'platform'];

export const FENCES = {
  app: { layers: LAYERS, interfaces: [], says: 'everything; nobody imports app' },
  api: { layers: ['services', ...base], interfaces: ['bus'], says: 'services, the interface of bus' },
  worker: {
    layers: ['services', ...base],
    interfaces: ['collectors', 'queue', 'cache', 'bus'],
    says: 'services, collectors/{collector,listener,registry}, the interfaces of queue, cache and bus',
  },
  collectors: {
    layers: ['protocols', ...base],
    interfaces: [],
    siblings: false,
    says: 'its own folder, collector.ts, listener.ts, protocols',
  },
  notifiers: {
    layers: ['protocols', ...base],
    interfaces: [],
    siblings: false,
    says: 'its own folder, notifier.ts, protocols',
  },
  services: {
    layers: ['services', ...base],
    interfaces: ['stores', 'queue', 'cache', 'bus', 'notifiers', 'collectors'],
    says: 'services (no cycles), the interfaces of stores, queue, cache, bus, notifiers and collectors',
  },
  queue: {
    layers: ['stores/postgres', 'stores/redis', ...base],
    interfaces: [],
    says: 'its own folder, stores/postgres, stores/redis',
  },
  cache: {
    layers: ['stores/postgres', 'stores/redis', ...base],
    interfaces: [],
    says: 'its own folder, stores/postgres, stores/redis',
  },
  bus: {
    layers: ['stores/postgres', 'stores/redis', ...base],
    interfaces: [],
    says: 'its own folder, stores/postgres, stores/redis',
  },
  stores: {
    layers: ['stores/postgres', ...base],
    interfaces: [],
    siblings: false,
    says: 'its own folder, stores/postgres',
  },
  protocols: { layers: ['protocols', ...base], interfaces: [], says: 'protocols' },
  domain: { layers: base, interfaces: [], says: 'itself' },
  platform: { layers: ['platform'], interfaces: [], says: 'itself' },
};
