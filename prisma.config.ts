import { defineConfig } from 'prisma/config';

// `prisma generate` downloads a schema engine that it never runs, unless told of one that is there already. Any file
// will do (Prisma 7.10, November 2026). `migrate` and `db push` do need the real one: set the variable for those.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma' });
