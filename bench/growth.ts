import { createTool } from './contestants.ts';
import { withDataset } from './dataset.ts';
import type { Server } from './server.ts';
import type { Settings } from './settings.ts';
import { measureInTurn, type Score } from './side-by-side.ts';

/** How the cost grows with the rows: with the best batch size, and for the small tables one by one too. */
export async function measureGrowth(
  server: Server,
  settings: Settings,
  bestBatchSize: number,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Score[]> {
  const scores: Score[] = [];
  for (const rows of settings.growth) {
    const batchSizes = rows <= settings.growthOneByOne ? [bestBatchSize, 1] : [bestBatchSize];
    say(`filling a table with ${rows} rows`);
    const measured = await withDataset(server, rows, signal, (dataset) => {
      const entries = batchSizes.map((batchSize) => ({ contestant: createTool(batchSize), dataset }));
      return measureInTurn(entries, settings.growthRounds, signal, say);
    });
    scores.push(...measured);
  }
  return scores;
}
