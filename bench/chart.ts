import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Results } from './results.ts';
import type { Score } from './side-by-side.ts';

const COLORS = { 'whole run': '#0b6e99', 'writing alone': '#e08a1e' };
const MEMORY_COLOR = '#7a4fa3';
/** A background of its own, so that it reads the same on a white page and on a dark one. */
const CONFIG = {
  background: '#ffffff',
  padding: 16,
  font: 'system-ui, sans-serif',
  title: { anchor: 'start', fontSize: 15, subtitleFontSize: 12, subtitleColor: '#555555', offset: 12 },
  axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', labelLimit: 320, gridColor: '#e5e5e5' },
  view: { stroke: null },
} as const;

/** @returns an SVG: how fast each contestant is, and how time and memory grow with the rows */
export async function drawChart(results: Results): Promise<string> {
  const view = new View(parse(compile(specification(results)).spec), { renderer: 'none' });
  return await view.toSVG();
}

function specification({ circumstances, sideBySide, growth }: Results): TopLevelSpec {
  const { machine, versions, date } = circumstances;
  const subtitle = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB; PostgreSQL ${versions.postgresql}, fsync ${circumstances.serverSettings['fsync']};`,
    `Node ${versions.node}, Prisma ${versions.prisma}; rotate-encryption-key ${versions.tool}; ${date.slice(0, 10)}`,
  ];
  const batched = growth.filter(({ letter }) => letter === 'c');
  const what = { field: 'what', type: 'nominal', title: null } as const;
  const rows = { field: 'rows', type: 'quantitative', scale: { type: 'log', nice: false }, title: 'rows in the table' } as const;
  const line = (color: string) => ({ type: 'line', color, point: { size: 60, color } }) as const;
  const y = (field: string, title: string) => ({ field, type: 'quantitative', title, scale: { zero: true } }) as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: 'Rows rotated per second', subtitle },
    config: CONFIG,
    spacing: 28,
    vconcat: [
      {
        width: 520,
        data: { values: sideBySide.flatMap(bars) },
        encoding: {
          y: { field: 'label', type: 'nominal', sort: null, title: null, axis: { labelLimit: 0 } },
          yOffset: { ...what, sort: Object.keys(COLORS) },
          x: { field: 'rate', type: 'quantitative', title: 'rows per second, median', axis: { format: ',d' } },
        },
        height: { step: 15 },
        layer: [
          {
            mark: { type: 'bar', cornerRadiusEnd: 2 },
            encoding: {
              color: {
                ...what,
                scale: { domain: Object.keys(COLORS), range: Object.values(COLORS) },
                legend: { orient: 'bottom' },
              },
            },
          },
          {
            mark: { type: 'text', align: 'left', dx: 4, fontSize: 11 },
            encoding: { text: { field: 'rate', type: 'quantitative', format: ',.0f' } },
          },
        ],
      },
      {
        hconcat: [
          {
            width: 300,
            height: 150,
            title: { text: 'Whole run, rows per second', fontSize: 13 },
            data: { values: batched.map((score) => ({ rows: score.rows, rate: score.whole?.rowsPerSecond.median })) },
            mark: line(COLORS['whole run']),
            encoding: { x: growthAxis(rows, batched), y: y('rate', 'rows per second') },
          },
          {
            width: 300,
            height: 150,
            title: { text: 'Peak memory of the process', fontSize: 13 },
            data: { values: batched.map((score) => ({ rows: score.rows, peak: score.peakMegabytes?.median })) },
            mark: line(MEMORY_COLOR),
            encoding: { x: growthAxis(rows, batched), y: y('peak', 'MB') },
          },
        ],
      },
    ],
  };
}

function growthAxis<T>(rows: T, scores: readonly Score[]) {
  return { ...rows, axis: { values: scores.map((score) => score.rows), format: ',d', labelOverlap: false, labelFlush: false } };
}

function bars({ letter, label, whole, write }: Score) {
  const rates = { 'whole run': whole?.rowsPerSecond.median, 'writing alone': write?.rowsPerSecond.median };
  return Object.entries(rates)
    .filter(([, rate]) => rate !== undefined)
    .map(([what, rate]) => ({ label: `(${letter}) ${label}`, what, rate }));
}
