import type { ConfigKey } from './schema.ts';
import { configKeys } from './schema.ts';

function defaultOf(key: ConfigKey): string {
  if (key.defaultText !== undefined) return key.defaultText;
  if (key.defaultValue === undefined) return 'none';
  if (Array.isArray(key.defaultValue))
    return key.defaultValue.length === 0 ? 'none' : `\`${key.defaultValue.join(', ')}\``;
  return `\`${String(key.defaultValue)}\``;
}

/** The page `docs/configuration.md`; a test holds the file and this together. */
export function configurationReference(): string {
  const rows = configKeys.map((key) => {
    const choices = key.choices.length > 0 ? ` One of \`${key.choices.join('`, `')}\`.` : '';
    const env = [key.env, key.standardEnv].filter((name) => name !== undefined).join('`, `');
    return `| \`${key.path}\` | \`${env}\` | ${defaultOf(key)} | ${key.about}.${choices}${key.secret ? ' Secret.' : ''} |`;
  });
  return `# Configuration

Values come from four places; each one overrides those before it: the defaults, the file \`sotp.yaml\` in the current
directory (or the one named by \`--config\` or \`SOTP_CONFIG\`), environment variables \`SOTP_…\`, options of the command line.
A key that SOTP does not know is an error. \`sotp config check\` validates, \`sotp config print\` shows what is in force with
secrets masked. In the file a dot stands for nesting (\`tls:\` and, indented below it, \`cert:\`); in a variable a list is
written with commas.

| key | variable | default | meaning |
|---|---|---|---|
${rows.join('\n')}

This page is made from the schema in \`server/src/app/config/schema.ts\`: \`node server/bin/sotp.mjs config reference > docs/configuration.md\`.
`;
}
