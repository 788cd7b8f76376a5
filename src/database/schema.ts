import { hexColumns } from '../layout/hex-columns.ts';
import { encryptedField } from './generated/encrypted-fields.ts';

const { iv, content, tag } = encryptedField.parts;

/** What prisma/schema.prisma says about the encrypted values. */
export const SCHEMA = {
  field: encryptedField,
  layout: hexColumns({ iv: iv.field, content: content.field, tag: tag.field }),
};
