import { addAbortSignal, type Readable } from 'node:stream';
import { MOST_BYTES, type SmallFile } from './small-file.ts';

/** What comes from a pipe, a file or a person. */
export interface StandardInput extends Readable {
  readonly isTTY?: boolean;
}

/** How long somebody may take to paste, or a program to ask for a PIN and to print. */
export const LIMIT_MS = 600_000;

/**
 * Reads what comes on stdin, to its end.
 *
 * @param limitMs - how long to wait for the end
 * @returns what came, or why it cannot be used, as the end of a sentence
 * @throws the reason of the interruption
 */
export async function readStandardInput(stdin: StandardInput, limitMs: number, interruption: AbortSignal): Promise<SmallFile> {
  const late = AbortSignal.timeout(limitMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const read of addAbortSignal(AbortSignal.any([late, interruption]), stdin)) {
      const chunk: Buffer = read;
      chunks.push(chunk);
      bytes += chunk.length;
      // Leaving the loop closes the stream, so that whoever writes into it does not wait.
      if (bytes > MOST_BYTES) return { reason: `holds more than ${MOST_BYTES} bytes` };
    }
  } catch (error) {
    interruption.throwIfAborted();
    if (late.aborted) return { reason: `did not end within ${limitMs / 1000} s` };
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { reason: `cannot be read (${code})` };
  }
  return { bytes: Buffer.concat(chunks) };
}
