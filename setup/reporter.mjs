import { relative } from 'node:path';

/** The line by which the reporter hands its totals to `suites.mjs`. */
export const TOTALS = '##totals ';

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

/** One line a test file, every failure in full where it happens, and every skip with its reason. For `node --test`. */
export default async function* report(source) {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const files = new Map();
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') {
      if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
      continue;
    }
    if (!isLeaf(data)) continue;
    const name = data.file ? relative(process.cwd(), data.file) : 'tests';
    const file = files.get(name) ?? { passed: 0, failed: 0, skipped: 0, ms: 0 };
    files.set(name, file);
    file.ms += data.nesting === 0 ? (data.details?.duration_ms ?? 0) : 0;
    if (data.skip !== undefined || data.todo !== undefined) {
      file.skipped++;
      totals.skipped++;
      yield `  skipped ${name}: ${data.name}${typeof data.skip === 'string' ? ` (${data.skip})` : ''}\n`;
    } else if (type === 'test:pass') {
      file.passed++;
      totals.passed++;
    } else {
      file.failed++;
      totals.failed++;
      yield `  FAILED ${name}: ${data.name}\n${explain(data.details?.error)}\n`;
    }
  }
  for (const [name, { passed, failed, skipped, ms }] of files) {
    const more = `${failed ? `, ${failed} FAILED` : ''}${skipped ? `, ${skipped} skipped` : ''}`;
    yield `  ${failed ? 'x' : '.'} ${name}: ${passed} passed${more} (${(ms / 1000).toFixed(1)} s)\n`;
  }
  yield `${TOTALS}${JSON.stringify(totals)}\n`;
}
