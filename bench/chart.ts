import { readFileSync } from 'node:fs';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { minutesPerMillion } from './minutes.ts';
import type { Results } from './results.ts';

/** @returns an SVG: how long a million rows take on each kind of database, and how time and memory grow with the table */
export function drawChart({ environment, comparisons, growth }: Results): Promise<string> {
  const specification = JSON.parse(readFileSync(new URL('chart.json', import.meta.url), 'utf8'));
  const [bars, lines] = specification.vconcat;
  const panels = Object.values(comparisons).map((comparison) => ({
    ...bars,
    title: { text: comparison.database, fontSize: 13, frame: 'group' },
    data: { values: minutesPerMillion([comparison]) },
  }));
  const title = { text: 'Minutes for a million rows, on a logarithmic scale', subtitle: environment };
  const { spec } = compile({ ...specification, title, vconcat: [...panels, lines], datasets: { growth } });
  return new View(parse(spec), { renderer: 'none' }).toSVG();
}
