import { describe, expect, it } from 'vitest';
import { metricsOf } from '../../../../src/commands/status/metrics.ts';
import { ago, fast, key, NOW, REGISTRY, status, used } from './given.ts';

const FULL = used(400, { last_verified_at: ago(30), escrow_checked_at: ago(20), retired_at: ago(10) });

describe('the metrics of a status', () => {
  it('say what is known of every key', () => {
    const of = status([key('b', 'first', 12, used(2)), key('a', 'second', 1, FULL), key('c', null, null, FULL)], REGISTRY, 3);
    expect(metricsOf(of, true, NOW)).toMatchInlineSnapshot(`
      "# HELP encryption_key_values Encrypted values under the key.
      # TYPE encryption_key_values gauge
      encryption_key_values{fingerprint="bbbbbbbbbbbbbbbb",source="text"} 12
      encryption_key_values{fingerprint="aaaaaaaaaaaaaaaa",source="text"} 1
      # HELP encryption_key_created_timestamp_seconds When the key was entered in the registry.
      # TYPE encryption_key_created_timestamp_seconds gauge
      encryption_key_created_timestamp_seconds{fingerprint="bbbbbbbbbbbbbbbb",source="text"} 1795780800
      encryption_key_created_timestamp_seconds{fingerprint="aaaaaaaaaaaaaaaa",source="text"} 1761393600
      encryption_key_created_timestamp_seconds{fingerprint="cccccccccccccccc",source="text"} 1761393600
      # HELP encryption_key_activated_timestamp_seconds When values were first found under the key.
      # TYPE encryption_key_activated_timestamp_seconds gauge
      encryption_key_activated_timestamp_seconds{fingerprint="bbbbbbbbbbbbbbbb",source="text"} 1795780800
      encryption_key_activated_timestamp_seconds{fingerprint="aaaaaaaaaaaaaaaa",source="text"} 1761393600
      encryption_key_activated_timestamp_seconds{fingerprint="cccccccccccccccc",source="text"} 1761393600
      # HELP encryption_key_verified_timestamp_seconds When every value was last found under the key.
      # TYPE encryption_key_verified_timestamp_seconds gauge
      encryption_key_verified_timestamp_seconds{fingerprint="aaaaaaaaaaaaaaaa",source="text"} 1793361600
      encryption_key_verified_timestamp_seconds{fingerprint="cccccccccccccccc",source="text"} 1793361600
      # HELP encryption_key_escrow_checked_timestamp_seconds When the escrow of the key was last checked.
      # TYPE encryption_key_escrow_checked_timestamp_seconds gauge
      encryption_key_escrow_checked_timestamp_seconds{fingerprint="aaaaaaaaaaaaaaaa",source="text"} 1794225600
      encryption_key_escrow_checked_timestamp_seconds{fingerprint="cccccccccccccccc",source="text"} 1794225600
      # HELP encryption_key_retired_timestamp_seconds When the key was retired.
      # TYPE encryption_key_retired_timestamp_seconds gauge
      encryption_key_retired_timestamp_seconds{fingerprint="aaaaaaaaaaaaaaaa",source="text"} 1795089600
      encryption_key_retired_timestamp_seconds{fingerprint="cccccccccccccccc",source="text"} 1795089600
      # HELP encryption_values_unreadable Encrypted values that none of the keys that are set decrypts.
      # TYPE encryption_values_unreadable gauge
      encryption_values_unreadable 3
      # HELP encryption_keys_due Whether something is due.
      # TYPE encryption_keys_due gauge
      encryption_keys_due 1
      # HELP encryption_keys_status_timestamp_seconds When this was found out.
      # TYPE encryption_keys_status_timestamp_seconds gauge
      encryption_keys_status_timestamp_seconds 1795953600
      # EOF
      "
    `);
  });

  it('have no times without a registry', () => {
    const text = metricsOf(status([key('a', 'first', 12, null)], null), false, NOW);
    expect(text).toMatchInlineSnapshot(`
      "# HELP encryption_key_values Encrypted values under the key.
      # TYPE encryption_key_values gauge
      encryption_key_values{fingerprint="aaaaaaaaaaaaaaaa",source="text"} 12
      # HELP encryption_values_unreadable Encrypted values that none of the keys that are set decrypts.
      # TYPE encryption_values_unreadable gauge
      encryption_values_unreadable 0
      # HELP encryption_keys_due Whether something is due.
      # TYPE encryption_keys_due gauge
      encryption_keys_due 0
      # HELP encryption_keys_status_timestamp_seconds When this was found out.
      # TYPE encryption_keys_status_timestamp_seconds gauge
      encryption_keys_status_timestamp_seconds 1795953600
      # EOF
      "
    `);
  });

  it('do not say how many values are unreadable if nothing was decrypted', () => {
    const text = metricsOf(fast([key('a', 'first', 9, null)], 3), true, NOW);
    expect(text).toContain('encryption_key_values{fingerprint="aaaaaaaaaaaaaaaa",source="text"} 9');
    expect(text).not.toContain('encryption_values_unreadable');
  });

  it('escape what somebody wrote into the registry', () => {
    const hostile = { ...key('a', null, 0, FULL), source: 'a\\b"c\nencryption_keys_due 0' };
    const lines = metricsOf(status([key('b', 'first', 12, FULL), hostile]), true, NOW).split('\n');
    expect(lines).toContain(
      'encryption_key_values{fingerprint="aaaaaaaaaaaaaaaa",source="a\\\\b\\"c\\nencryption_keys_due 0"} 0',
    );
    expect(lines).not.toContain('encryption_keys_due 0');
  });
});
