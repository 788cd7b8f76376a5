// What the two scripts in processes/ that use Prisma have in common.
import process from 'node:process';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../src/database/generated/client/client.ts';
import type { ApplicationRow } from '../test/support/application/application.ts';

export const { OLD_ENCRYPTION_KEY: oldKey = '', NEW_ENCRYPTION_KEY: newKey = '' } = process.env;

export function openDatabase(): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env['DATABASE_URL'] ?? '' }) });
}

export async function readAll(prisma: PrismaClient): Promise<ApplicationRow[]> {
  const rows = await prisma.userApiKey.findMany();
  return rows.map(({ id, iv, content, tag }) => ({ id, iv: iv ?? '', content: content ?? '', tag: tag ?? '' }));
}
