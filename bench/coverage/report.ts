/** What the scorer answers with `--json`, as far as the report shows it. */
export interface Score {
  readonly devices: { readonly expected: number; readonly answered: number; readonly errors: number };
  readonly modules: Readonly<Record<string, ModuleScore>>;
  readonly overall: { readonly score: number; readonly recall: number; readonly accuracy: number };
}

interface ModuleScore {
  readonly devices: number;
  readonly rows: number;
  readonly recall: number;
  readonly accuracy: number;
  readonly score: number;
  readonly known: number | null;
  readonly fields: Readonly<Record<string, { readonly values: number; readonly equal: number }>>;
  readonly notes: Readonly<Record<string, number>>;
}

export interface RunFigures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Share of the devices whose sysObjectID a profile names. */
  readonly matched: number;
  readonly patterns: number;
}

const percent = (share: number | null): string => (share === null ? '' : `${(100 * share).toFixed(1)} %`);

/** docs/coverage.md: the table of what is found, and what it costs. */
export function coverageReport(score: Score, run: RunFigures): string {
  const rows = Object.entries(score.modules).map(([name, m]) =>
    [name, m.devices, m.rows, percent(m.recall), percent(m.accuracy), percent(m.score), percent(m.known)].join(' | '),
  );
  const fields: ModuleScore['fields'] = score.modules['system']?.fields ?? {};
  const identity = ['hardware', 'version', 'serial'].flatMap((name) => {
    const field = fields[name];
    return field ? [`| ${name} | ${field.values} | ${percent(field.equal / field.values)} |`] : [];
  });
  const wrong = wrongShare(score.modules['sensors']);
  return `# Device coverage

This page is written by \`bench/coverage/run.ts\`; do not edit it by hand. ${score.devices.expected} recordings of real devices were
replayed over UDP and probed with what SOTP ships, and the inventory was compared with the facts that another monitor
derives from the same recordings. ${score.devices.answered} devices answered, ${score.devices.errors} ended in an error.
The profiles were tuned on these same recordings; what to expect of systems that nobody tuned for is told below.

*Recall* is the share of expected rows found, *equal* the share of expected values found equal, *known* the share of our
rows that the other monitor has too; rows beyond its list are not wrong.

| section | devices | rows | recall | equal | score | known |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}

Of the sensors found ${percent(wrong)} have a value other than the expected one.

| identity | expected | equal |
| --- | --- | --- |
${identity.join('\n')}

Probing took ${run.seconds.toFixed(0)} s and ${run.cpuSeconds.toFixed(1)} CPU seconds, ${((1000 * run.cpuSeconds) / score.devices.expected).toFixed(0)} ms of CPU a device.

## Devices that nobody tuned for

The same recordings, read with what SOTP knows of standard MIBs and with profiles that \`sotp profile draft\` made of makers' MIB
files alone, without looking at any recording; nothing was chosen or corrected by hand. The rules of the draft were
improved by what was missing on the first half of the operating systems (458 recordings); the second half (536) shows
what they give on systems that were not looked at. For processors both halves were looked at. What SOTP brings along has these drafts
besides the tuned profiles, where no profile reads the same table.

| section | score, first half | score, second half | found values wrong, second half |
| --- | --- | --- | --- |
| sensors | 65.0 % | 62.7 % | 5.2 % |
| processors | 95.0 % | 91.5 % |  |
| wireless | 26.0 % | 40.7 % | 7.3 % |
| identity | 78.1 % | 81.8 % |  |
| memory, by standard MIBs alone | 61.9 % | 68.4 % |  |
| storage | 98.9 % | 85.0 % |  |

Made by \`sotp profile draft MIBS --out DRAFTS\`, then \`node bench/coverage/tune.ts RECORDINGS --profiles server/profiles/hand --profiles
server/profiles/standard --profiles DRAFTS\`, scored by halves. Of 19,679 sensor rows 17,953 lie in a MIB that could be had.

## Reach by sysObjectID

Share of devices whose sysObjectID a profile names beyond the catch-all for every device. The others' figures are
of their public folders on 1,850 recordings of the same origin.

| profiles | share |
| --- | --- |
| SOTP | ${percent(run.matched)} |
| Netdata | 46 % |
| Kentik | 41 % |
| Datadog | 30 % |

SOTP names makers by their enterprise number where most of the others name models, and a profile applies also to devices that answer in its tree, whatever their sysObjectID says.
`;
}

function wrongShare(sensors: ModuleScore | undefined): number {
  if (!sensors) return 0;
  const wrong =
    (sensors.notes['wrong value'] ?? 0) + (sensors.notes['off by a unit'] ?? 0) + (sensors.notes['no value'] ?? 0);
  return wrong / (sensors.rows * sensors.recall);
}
