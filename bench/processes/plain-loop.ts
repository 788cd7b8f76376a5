// The loop that people write by hand: everything is read at once, then written one row after the other, without any check.
import { decrypt, encrypt } from '../../test/support/application/application.ts';
import { newKey, oldKey, openDatabase, readAll } from '../application.ts';

const prisma = openDatabase();
for (const { id, ...value } of await readAll(prisma)) {
  const plaintext = decrypt(oldKey, value);
  if (plaintext === null) throw new Error(`row ${id} cannot be decrypted`);
  await prisma.userApiKey.update({ where: { id }, data: encrypt(newKey, plaintext) });
}
await prisma.$disconnect();
