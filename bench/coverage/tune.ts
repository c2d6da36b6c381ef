// A fast loop for work on device knowledge: every recording through the knowledge, in one process, no network.
//   node bench/coverage/tune.ts DIRECTORY [NAME…] > got.jsonl      then score got.jsonl
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readKnowledge } from '../../server/src/collectors/snmp/knowledge/index.ts';
import { openLibrary, SHIPPED_PROFILES } from '../../server/src/collectors/snmp/knowledge/profiles/library.ts';
import { recordingReader } from './reader.ts';
import { readRecording } from './recording.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { profiles: { type: 'string', multiple: true } },
});
const [directory = '', ...names] = positionals;
const library = openLibrary(options.profiles ?? [SHIPPED_PROFILES]);
const wanted =
  names.length > 0 ? names : readdirSync(directory).flatMap((f) => (f.endsWith('.snmprec') ? [f.slice(0, -8)] : []));
let spent = 0;
const heaviest: [number, string, number][] = [];
const total = { requests: 0, varbinds: 0, series: 0 };
for (const name of wanted) {
  const reader = recordingReader(readRecording(join(directory, `${name}.snmprec`)));
  const from = performance.now();
  try {
    const { facts, series, profiles } = await readKnowledge(reader, { plan: false, library });
    console.log(JSON.stringify({ name, ...facts, profiles }));
    total.series += series.length;
  } catch (thrown) {
    console.log(JSON.stringify({ name, error: String(thrown) }));
    console.error(name, thrown);
  }
  const took = performance.now() - from;
  spent += took;
  total.requests += reader.asked.requests;
  total.varbinds += reader.asked.varbinds;
  heaviest.push([Math.round(took), name, reader.asked.requests]);
}
heaviest.sort((a, b) => b[0] - a[0]);
console.error(`${wanted.length} recordings, ${Math.round(spent)} ms in the knowledge, ${JSON.stringify(total)}`);
console.error(
  heaviest
    .slice(0, 5)
    .map((h) => h.join(' '))
    .join('; '),
);
for (const { file, line, message } of library.problems) console.error(`${file}:${line}: ${message}`);
