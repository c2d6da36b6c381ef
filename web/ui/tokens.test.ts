import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

type Rgb = [number, number, number];
type Theme = 'light' | 'dark';

const css = readFileSync(new URL('../app/tokens.css', import.meta.url), 'utf8');

/** OKLCH to linear sRGB (Björn Ottosson, "A perceptual color space for image processing"). */
function linear(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  return [
    clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function token(name: string, theme: Theme): Rgb {
  const value = new RegExp(`--${name}: ([^;]+);`).exec(css)?.[1] ?? '';
  const colours = [...value.matchAll(/oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g)];
  const found = (theme === 'light' ? colours[0] : (colours[1] ?? colours[0]))?.slice(1).map(Number);
  assert.ok(found, `no token --${name}`);
  return linear(found[0] ?? 0, found[1] ?? 0, found[2] ?? 0);
}

function contrast(one: Rgb, other: Rgb): number {
  const shine = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  const [a, b] = [shine(one), shine(other)];
  return Math.max(a, b) / Math.min(a, b);
}

/** What eyes without red or green cones see, in linear sRGB (Viénot, Brettel and Mollon 1999). */
const EYES: Record<string, (rgb: Rgb) => Rgb> = {
  all: (rgb) => rgb,
  protanopia: ([r, g, b]) => [0.11238 * r + 0.88762 * g, 0.11238 * r + 0.88762 * g, 0.00401 * (r - g) + b],
  deuteranopia: ([r, g, b]) => [0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * (r - g) + b],
};

function apart(one: Rgb, other: Rgb, eye: string): number {
  const seen = EYES[eye] ?? ((rgb: Rgb) => rgb);
  const [a, b] = [oklab(seen(one)), oklab(seen(other))];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

const TEXTS = ['text', 'muted', 'accent', 'up', 'degraded', 'down', 'unknown', 'maintenance', 'disabled'];
const GROUNDS = ['bg', 'surface', 'raised', 'sunken', 'hover'];
const CHART = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `chart-${n}`);

for (const theme of ['light', 'dark'] as const) {
  test(`${theme}: every text is 4.5:1 or more on every ground`, () => {
    for (const text of TEXTS) {
      for (const ground of GROUNDS) {
        const ratio = contrast(token(text, theme), token(ground, theme));
        assert.ok(ratio >= 4.5, `--${text} on --${ground}: ${ratio.toFixed(2)}`);
      }
    }
    for (const ground of ['accent-solid', 'accent-solid-hover', 'danger-solid']) {
      const ratio = contrast(token('on-accent', theme), token(ground, theme));
      assert.ok(ratio >= 4.5, `--on-accent on --${ground}: ${ratio.toFixed(2)}`);
    }
    assert.ok(contrast(token('text', theme), token('accent-soft', theme)) >= 4.5);
  });

  test(`${theme}: chart lines are visible and borders of fields are seen`, () => {
    for (const name of CHART) {
      const ratio = contrast(token(name, theme), token('surface', theme));
      assert.ok(ratio >= 2, `--${name}: ${ratio.toFixed(2)}`);
    }
    for (const name of ['chart-1', 'chart-2', 'line-strong']) {
      const ratio = contrast(token(name, theme), token('surface', theme));
      assert.ok(ratio >= 3, `--${name}: ${ratio.toFixed(2)}`);
    }
  });

  for (const eye of Object.keys(EYES)) {
    test(`${theme}: any two chart colours stay apart (${eye})`, () => {
      const close: string[] = [];
      CHART.forEach((one, i) => {
        for (const other of CHART.slice(i + 1)) {
          const distance = apart(token(one, theme), token(other, theme), eye);
          if (distance < 0.06) close.push(`${one} ${other} ${distance.toFixed(3)}`);
        }
      });
      assert.deepEqual(close, []);
    });
  }
}
