// Loaded with --import into the tool: lets it start worker threads on any machine, and tells that it does.
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import process from 'node:process';

os.availableParallelism = () => 4;
syncBuiltinESMExports();
process.on('worker', () => process.stderr.write('worker thread started\n'));
