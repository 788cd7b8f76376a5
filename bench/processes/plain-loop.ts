// The loop that people write by hand: everything is read at once, then written one row after the other, without any check.
import process from 'node:process';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../../src/database/generated/client/client.ts';
import { decrypt, encrypt } from '../../test/support/application/application.ts';

const { DATABASE_URL = '', OLD_ENCRYPTION_KEY = '', NEW_ENCRYPTION_KEY = '' } = process.env;
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: DATABASE_URL }) });

for (const { id, iv, content, tag } of await prisma.userApiKey.findMany()) {
  const plaintext = decrypt(OLD_ENCRYPTION_KEY, { iv: iv ?? '', content: content ?? '', tag: tag ?? '' });
  if (plaintext === null) throw new Error(`row ${id} cannot be decrypted`);
  await prisma.userApiKey.update({ where: { id }, data: encrypt(NEW_ENCRYPTION_KEY, plaintext) });
}
await prisma.$disconnect();
