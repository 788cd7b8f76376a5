-- Which escrow shares of a key have been checked, as docs/escrow.md explains. It goes with prisma/encryption-keys.sql, which comes first. The
-- tool uses it where it is present, and never creates it: apply this file as a migration of your application. PostgreSQL 14 to 18.

CREATE TABLE encryption_key_shares (
  fingerprint text NOT NULL REFERENCES encryption_keys (fingerprint),
  split_id    text NOT NULL CHECK (split_id ~ '^[0-9a-f]{32}$'),
  number      integer NOT NULL,
  threshold   integer NOT NULL,
  total       integer NOT NULL,
  checked_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (split_id, number),
  CHECK (number BETWEEN 1 AND total AND threshold BETWEEN 1 AND total AND total <= 255)
);

COMMENT ON TABLE encryption_key_shares IS 'A row for each escrow share that was checked; nothing of a share is in here. Maintained by rotate-encryption-key.';
COMMENT ON COLUMN encryption_key_shares.split_id IS 'names the split: shares of different splits cannot be combined';
COMMENT ON COLUMN encryption_key_shares.threshold IS 'how many shares give the key';
COMMENT ON COLUMN encryption_key_shares.total IS 'how many shares there are';
COMMENT ON COLUMN encryption_key_shares.checked_at IS 'when its custodian last checked it';
