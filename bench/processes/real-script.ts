// The rotation script of a real project, written anew from its description: a value that the new key decrypts is left alone, one that
// changed meanwhile is not overwritten, and at the end everything is read again and decrypted with the new key alone.
import { decrypt, encrypt } from '../../test/support/application/application.ts';
import { newKey, oldKey, openDatabase, readAll } from '../application.ts';

const prisma = openDatabase();
for (const { id, ...value } of await readAll(prisma)) {
  if (decrypt(newKey, value) !== null) continue;
  const plaintext = decrypt(oldKey, value);
  if (plaintext === null) throw new Error(`neither key decrypts row ${id}`);
  const { count } = await prisma.userApiKey.updateMany({ where: { id, ...value }, data: encrypt(newKey, plaintext) });
  if (count === 0) throw new Error(`row ${id} changed meanwhile`);
}
for (const { id, ...value } of await readAll(prisma)) {
  if (decrypt(newKey, value) === null) throw new Error(`the new key does not decrypt row ${id}`);
}
await prisma.$disconnect();
