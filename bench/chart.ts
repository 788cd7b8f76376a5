import { readFileSync } from 'node:fs';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { minutesPerMillion } from './minutes.ts';
import type { Results } from './results.ts';

/** @returns an SVG: how long a million rows take, and how time and memory grow with the table */
export function drawChart({ environment, comparisons, growth }: Results): Promise<string> {
  const specification = JSON.parse(readFileSync(new URL('chart.json', import.meta.url), 'utf8'));
  const title = { text: 'Minutes for a million rows', subtitle: environment };
  const minutes = minutesPerMillion(Object.values(comparisons));
  const { spec } = compile({ ...specification, title, datasets: { minutes, growth } });
  return new View(parse(spec), { renderer: 'none' }).toSVG();
}
