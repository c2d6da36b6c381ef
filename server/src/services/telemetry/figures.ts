import type { Figure, Figures } from './figures/figure.ts';
import { canaryFigures } from './figures/canary.ts';
import { collectorFigures } from './figures/collector.ts';
import { hubFigures } from './figures/hub.ts';
import { processFigures } from './figures/process.ts';
import { receivingFigures } from './figures/receiving.ts';
import { spoolFigures } from './figures/spools.ts';

/** Everything that SOTP tells of itself, in the order of the page; a test holds it and a running system together. */
export const figureGroups: readonly { readonly title: string; readonly figures: Figures }[] = [
  { title: 'Every process', figures: processFigures },
  { title: 'Hub and supervisor', figures: hubFigures },
  { title: 'Canary', figures: canaryFigures },
  { title: 'Collector: polls', figures: collectorFigures },
  { title: 'Collector: lines and notifications', figures: receivingFigures },
  { title: 'Collector: spools', figures: spoolFigures },
];

const known = new Map<string, Figure>(figureGroups.flatMap(({ figures }) => Object.entries(figures)));

/** What a name stands for; of one that nobody has described its type by its ending. */
export function figureOf(name: string): Pick<Figure, 'type'> & { readonly about?: string } {
  return known.get(name) ?? { type: name.endsWith('_total') ? 'counter' : 'gauge' };
}

/** The part of `docs/metrics.md` on what SOTP tells of itself; a test holds the file and this together. */
export function figuresReference(): string {
  const groups = figureGroups.map(({ title, figures }) => {
    const rows = Object.entries(figures).map(
      ([name, { type, about, labels }]) => `| \`sotp_${name}\` | ${type} | ${labels ?? ''} | ${about} |`,
    );
    return `### ${title}\n\n| name | type | labels | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return groups.join('\n');
}
