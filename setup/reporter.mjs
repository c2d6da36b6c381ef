import { relative } from 'node:path';

/** The line by which the reporter hands its totals to `suites.mjs`. */
export const TOTALS = '##totals ';

const NOTHING = { passed: 0, failed: 0, skipped: 0 };

function isLeaf(data) {
  return data.details?.type !== 'suite';
}

function explain(error) {
  const cause = error?.cause ?? error;
  const text =
    typeof cause === 'object' && cause !== null ? (cause.stack ?? String(cause.message ?? cause)) : String(cause);
  return text
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
}

function lineOf(name, { passed, failed, skipped }, ms) {
  const more = `${failed ? `, ${failed} FAILED` : ''}${skipped ? `, ${skipped} skipped` : ''}`;
  return `  ${failed ? 'x' : '.'} ${name}: ${passed} passed${more} (${(ms / 1000).toFixed(1)} s)\n`;
}

/** One line a test file as it ends, every failure in full where it happens, every skip with its reason. For `node --test`. */
export default async function* report(source) {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const files = new Map();
  for await (const { type, data } of source) {
    const name = data?.file ? relative(process.cwd(), data.file) : 'tests';
    if (type === 'test:summary' && data.file) yield lineOf(name, files.get(name) ?? NOTHING, data.duration_ms);
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
    if ((type !== 'test:pass' && type !== 'test:fail') || !isLeaf(data)) continue;
    const file = files.get(name) ?? { ...NOTHING };
    files.set(name, file);
    const isSkipped = data.skip !== undefined || data.todo !== undefined;
    const kind = isSkipped ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed';
    file[kind]++;
    totals[kind]++;
    if (isSkipped) yield `  skipped ${name}: ${data.name}${typeof data.skip === 'string' ? ` (${data.skip})` : ''}\n`;
    else if (type === 'test:fail') yield `  FAILED ${name}: ${data.name}\n${explain(data.details?.error)}\n`;
  }
  const failing = [...files].filter(([, counts]) => counts.failed > 0).map(([file, counts]) => ({ file, counts }));
  yield `${TOTALS}${JSON.stringify({ ...totals, failing })}\n`;
}
