const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof UNIT_MS;

const RELATIVE = /^now(?:([+-])(\d{1,6})([smhdw]))?$/;
const EPOCH_MS = /^-?\d{1,15}$/;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const STEP = /^(\d{1,9})([smhdw]?)$/;

/** An instant as callers write it (RFC 3339, epoch ms, `now`, `now-6h`) in epoch ms; undefined when it is none. */
export function parseInstant(text: string, now: number): number | undefined {
  const relative = RELATIVE.exec(text);
  if (relative) {
    const [, sign, amount, unit] = relative;
    if (sign === undefined) return now;
    const distance = Number(amount) * UNIT_MS[unit as Unit];
    return sign === '-' ? now - distance : now + distance;
  }
  // 8.64e15 ms is the end of what a Date can hold.
  if (EPOCH_MS.test(text)) return Math.abs(Number(text)) <= 8.64e15 ? Number(text) : undefined;
  if (!RFC_3339.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** A step as callers write it (`30`, `30s`, `5m`, `1h`, `1d`) in ms; undefined when it is none or zero. */
export function parseStep(text: string): number | undefined {
  const match = STEP.exec(text);
  if (!match) return undefined;
  const step = Number(match[1]) * UNIT_MS[(match[2] || 's') as Unit];
  return step > 0 ? step : undefined;
}

const NICE_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
  2_592_000,
];

/** The smallest round step with which a range has at most `pointsMax` points. */
export function niceStep(rangeMs: number, pointsMax: number): number {
  const seconds = rangeMs / 1_000 / pointsMax;
  const nice = NICE_STEPS_S.find((step) => step >= seconds);
  return (nice ?? Math.ceil(seconds / 86_400) * 86_400) * 1_000;
}
