import assert from 'node:assert/strict';
import { encryptedFields } from '../../../src/database/generated/encrypted-fields.ts';
import { createLayout } from '../../../src/layout/layout.ts';

const [field, ...others] = encryptedFields;
assert.ok(field !== undefined && others.length === 0, 'the schema that ships has one encrypted field');

/** The encrypted field of the schema that ships: three columns in hex. */
export const defaultField = field;
export const layout = createLayout(field.layout);
