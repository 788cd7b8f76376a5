import process from 'node:process';

// A worker whose vitest is gone must not go on: it would keep its servers.
process.once('disconnect', () => process.exit(1));
