import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FENCES, LAYERS } from './setup/fences.mjs';

const root = import.meta.dirname;

/** Folders below `server/src/LAYER`: a new collector, notifier or store needs no line here. */
function foldersOf(layer: string): string[] {
  const path = join(root, 'server/src', layer);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** `#cache/cache.ts`, `#collectors/collector.ts`: a layer's own interfaces; collectors ask, or listen. */
function ownInterfacesOf(layer: string): string[] {
  const own = layer.endsWith('s') && layer !== 'bus' ? layer.slice(0, -1) : layer;
  return [`#${layer}/${own}.ts`, ...(layer === 'collectors' ? ['#collectors/listener.ts'] : [])];
}

/** Those, and `#stores/devices/devices.ts`: what a layer shows to others, without its back ends. */
function interfaceFilesOf(layer: string): string[] {
  return [
    ...ownInterfacesOf(layer),
    `#${layer}/registry.ts`,
    ...foldersOf(layer).map((noun) => `#${layer}/${noun}/${noun}.ts`),
  ];
}

const PARENT = {
  group: ['../*', '../**'],
  message: 'Across folders import by #layer/…; inside a folder by ./ (ARCHITECTURE.md, fences).',
};

function fence(layer: string, own: readonly string[], extra: readonly string[] = []) {
  const rule = FENCES[layer];
  if (!rule) throw new Error(`no fence for ${layer}`);
  const allowed = [
    ...own,
    ...extra,
    ...rule.layers.flatMap((name) => [`#${name}/**`]),
    ...rule.interfaces.flatMap(interfaceFilesOf),
  ];
  const group = [...LAYERS.map((name) => `#${name}/**`), ...allowed.map((path) => `!${path}`)];
  const message = `server/src/${layer} may import: ${rule.says} (ARCHITECTURE.md, fences).`;
  return { 'no-restricted-imports': ['error', { patterns: [PARENT, { group, message }] }] };
}

const server = LAYERS.flatMap((layer) => {
  const own = FENCES[layer]?.siblings === false ? [] : [`#${layer}/**`];
  const whole = { files: [`server/src/${layer}/**`], rules: fence(layer, own) };
  if (own.length > 0) return [whole];
  const parts = foldersOf(layer).map((noun) => ({
    files: [`server/src/${layer}/${noun}/**`],
    rules: fence(layer, [`#${layer}/${noun}/**`], ownInterfacesOf(layer)),
  }));
  // The registry is the one file that knows every sibling.
  const registry = {
    files: [`server/src/${layer}/registry.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: [PARENT] }] },
  };
  return [whole, ...parts, registry];
});

const outside = (name: string, says: string, group: string[]) => ({
  files: [`${name}/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: [{ group, message: `${name} may import: ${says} (ARCHITECTURE.md, fences).` }] },
    ],
  },
});

export default {
  plugins: ['typescript', 'unicorn', 'import', 'promise', 'oxc'],
  categories: { correctness: 'error', suspicious: 'off' },
  ignorePatterns: ['**/node_modules/**', '**/.next/**', 'data/**'],
  rules: {
    'no-console': 'error',
    'no-eval': 'error',
    'no-new-func': 'error',
    'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
    'import/no-cycle': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/consistent-type-imports': 'error',
    'no-restricted-properties': 'off',
    'no-control-regex': 'off',
  },
  overrides: [
    ...server,
    {
      files: ['server/src/app/**'],
      rules: { 'no-restricted-imports': ['error', { patterns: [PARENT] }] },
    },
    outside('web', 'contract, and its own #ui, #lib and #features', [
      '../*',
      '../**',
      '@sotp/server',
      '@sotp/server/**',
      '@sotp/simulator',
      '@sotp/simulator/**',
      '#*/**',
      '!#ui/**',
      '!#lib/**',
      '!#features/**',
      '**/server/src/**',
    ]),
    outside('simulator', "contract, and the server's protocols", [
      '@sotp/web',
      '@sotp/web/**',
      '#*/**',
      '**/server/src/**',
    ]),
    outside('contract', 'zod and itself', ['@sotp/*', '@sotp/*/**', '#*/**', '**/server/src/**']),
    // Tests wire what they need; the fences hold for what ships.
    {
      files: [
        'server/src/**/*.test.ts',
        'server/src/**/*.contract.ts',
        'server/src/**/testing/**',
        'server/src/**/testing.ts',
      ],
      rules: { 'no-restricted-imports': ['error', { patterns: [PARENT] }] },
    },
    {
      files: ['setup/**', 'bench/**', 'server/bin/**', 'server/src/app/cli/**', 'e2e/**'],
      rules: { 'no-console': 'off' },
    },
  ],
};
