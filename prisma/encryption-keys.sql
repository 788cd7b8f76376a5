-- The registry of encryption keys, which docs/zero-downtime.md explains. The tool uses it if it is there, and never creates it: apply this
-- file as a migration of your application. PostgreSQL 14 to 18.

CREATE TABLE encryption_keys (
  fingerprint       text PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{16}$'),
  source            text NOT NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  activated_at      timestamptz,
  last_verified_at  timestamptz,
  unused_since      timestamptz,
  escrow_checked_at timestamptz,
  retired_at        timestamptz,
  operator          text,
  host              text,
  reason            text,
  run_id            uuid,
  rows              bigint,
  active            text UNIQUE GENERATED ALWAYS AS (CASE WHEN retired_at IS NULL THEN fingerprint END) STORED
);

COMMENT ON TABLE encryption_keys IS 'A row for each encryption key, named by its fingerprint; no key is in here. Maintained by rotate-encryption-key.';
COMMENT ON COLUMN encryption_keys.fingerprint IS '16 hex characters that name the key';
COMMENT ON COLUMN encryption_keys.source IS 'where the key comes from: text, file, command, awskms, hashivault or vaultkv';
COMMENT ON COLUMN encryption_keys.created_at IS 'when it was entered here';
COMMENT ON COLUMN encryption_keys.activated_at IS 'when values were first found under it';
COMMENT ON COLUMN encryption_keys.last_verified_at IS 'when a verification last found every value under it';
COMMENT ON COLUMN encryption_keys.unused_since IS 'when the first of an unbroken series of verifications found no value under it';
COMMENT ON COLUMN encryption_keys.escrow_checked_at IS 'when its custodians had last checked all their shares';
COMMENT ON COLUMN encryption_keys.retired_at IS 'when it was retired: nothing can be written under it since then';
COMMENT ON COLUMN encryption_keys.operator IS 'who last changed this row, with host and run_id';
COMMENT ON COLUMN encryption_keys.reason IS 'what --reason last said, perhaps in an earlier run';
COMMENT ON COLUMN encryption_keys.rows IS 'how many values were last found under it';
COMMENT ON COLUMN encryption_keys.active IS 'the fingerprint until the key is retired: what key_id refers to';

-- For each table that holds encrypted values: which key a value is under. A foreign key to "active" makes PostgreSQL refuse every later write
-- that names a retired key, or one that nobody registered. NO ACTION is essential: CASCADE would empty the column when a key is retired.
ALTER TABLE user_api_keys
  ADD COLUMN key_id text REFERENCES encryption_keys (active) ON UPDATE NO ACTION ON DELETE NO ACTION;
COMMENT ON COLUMN user_api_keys.key_id IS 'the fingerprint of the key that the value is under';

-- Once every row names its key (the first sweep sees to that), and before the first key is retired, in two migrations of their own:
--   ALTER TABLE user_api_keys ADD CONSTRAINT key_id_given CHECK (content IS NULL OR key_id IS NOT NULL) NOT VALID;
--   ALTER TABLE user_api_keys VALIDATE CONSTRAINT key_id_given;
