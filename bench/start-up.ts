import { runScript } from './child.ts';
import { createTool, toolUrl } from './contestants.ts';
import { withDataset } from './dataset.ts';
import type { Server } from './server.ts';
import type { Settings } from './settings.ts';
import { type Spread, spread } from './spread.ts';

/** Seconds from the start of a process to its exit. */
export interface StartUp {
  /** What tsx takes to run nothing. */
  readonly empty: Spread;
  readonly help: Spread;
  readonly rotation: Spread;
  readonly rotationRows: number;
}

const emptyUrl = import.meta.resolve('./processes/empty.ts');

export async function measureStartUp(server: Server, settings: Settings, signal: AbortSignal): Promise<StartUp> {
  const { startUpRounds, startUpRows } = settings;
  const seconds = { empty: [] as number[], help: [] as number[], rotation: [] as number[] };
  await withDataset(server, startUpRows, signal, async (dataset) => {
    const tool = createTool(1);
    for (let round = 1; round <= startUpRounds; round += 1) {
      signal.throwIfAborted();
      seconds.empty.push((await runScript(emptyUrl, [], {}, signal)).seconds);
      seconds.help.push((await runScript(toolUrl, ['--help'], {}, signal)).seconds);
      await dataset.reset();
      const { wholeSeconds } = await tool.measure(dataset, signal);
      if (wholeSeconds !== null) seconds.rotation.push(wholeSeconds);
    }
  });
  const { empty, help, rotation } = seconds;
  return { empty: spread(empty), help: spread(help), rotation: spread(rotation), rotationRows: startUpRows };
}
