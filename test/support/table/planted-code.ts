import type { TestDatabase } from './database.ts';

/**
 * Fills a schema `evil` with traps: one for each function of pg_catalog that PL/pgSQL can imitate, for the operators and the aggregates, for
 * types (domains whose CHECK is a trap) and for catalogs (views). A trap that is met advances the sequence evil.calls, which no
 * rollback takes back, and raises.
 *
 * @returns how many there are
 */
export async function plantCode({ pool }: TestDatabase, role: string): Promise<number> {
  await pool.query(PLANT);
  await pool.query(`GRANT USAGE ON SCHEMA evil TO ${role}`);
  const { rows } = await pool.query(
    `SELECT (SELECT count(*) FROM pg_proc WHERE pronamespace = 'evil'::regnamespace)
          + (SELECT count(*) FROM pg_operator WHERE oprnamespace = 'evil'::regnamespace) AS traps`,
  );
  return Number(rows[0]?.traps);
}

/** Whether a trap was met since the last time that it was asked. */
export async function trapWasMet({ pool }: TestDatabase): Promise<boolean> {
  const { rows } = await pool.query('SELECT is_called FROM evil.calls');
  await pool.query("SELECT setval('evil.calls', 1, false)");
  return rows[0]?.is_called === true;
}

const PLANT = `
CREATE SCHEMA evil;
CREATE SEQUENCE evil.calls;
CREATE FUNCTION evil.trap(what pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE plpgsql SECURITY DEFINER AS $trap$
BEGIN
  PERFORM pg_catalog.nextval('evil.calls');
  RAISE EXCEPTION 'planted code was run: %', what;
END $trap$;
DO $plant$
DECLARE
  each record;
  body constant text := ' LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(%L); END $$';
  number int := 0;
BEGIN
  FOR each IN
    SELECT p.proname, p.oid::regprocedure AS signature,
           (SELECT string_agg(a.type::regtype::text, ', ' ORDER BY a.n) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, n)) AS args,
           CASE WHEN p.proretset THEN 'SETOF ' ELSE '' END || p.prorettype::regtype AS result
      FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
  LOOP
    BEGIN
      EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s' || body, each.proname, each.args, each.result, each.signature);
    EXCEPTION WHEN OTHERS THEN NULL; -- it has types that PL/pgSQL cannot have
    END;
  END LOOP;

  FOR each IN
    SELECT o.oprname, o.oprleft::regtype AS l, o.oprright::regtype AS r, o.oprresult::regtype AS result
      FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprkind = 'b'
    UNION
    SELECT name, l::regtype, r::regtype, 'bool'::regtype
      FROM unnest(ARRAY['=', '<>', '<', '>', '<=', '>=']) AS name, unnest(ARRAY['text', 'varchar', 'bpchar', 'uuid', 'name']) AS l,
           unnest(ARRAY['text', 'varchar', 'bpchar', 'uuid', 'name']) AS r
  LOOP
    BEGIN
      number := number + 1;
      EXECUTE format('CREATE FUNCTION evil.operator_%s(%s, %s) RETURNS %s' || body, number, each.l, each.r, each.result,
                     each.l || ' ' || each.oprname || ' ' || each.r);
      EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.operator_%s)', each.oprname, each.l, each.r, number);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;

  EXECUTE format('CREATE FUNCTION evil.step(bigint) RETURNS bigint' || body, 'count(*)');
  CREATE AGGREGATE evil.count(*) (SFUNC = evil.step, STYPE = bigint, INITCOND = '0');
  EXECUTE format('CREATE FUNCTION evil.step(integer, integer) RETURNS integer' || body, 'max(integer)');
  CREATE AGGREGATE evil.max(integer) (SFUNC = evil.step, STYPE = integer, INITCOND = '0');
  EXECUTE format('CREATE FUNCTION evil.step(boolean, boolean) RETURNS boolean' || body, 'bool_and(boolean)');
  CREATE AGGREGATE evil.bool_and(boolean) (SFUNC = evil.step, STYPE = boolean, INITCOND = 'true');
  EXECUTE format('CREATE FUNCTION evil.step(json, anyelement) RETURNS json' || body, 'json_agg');
  CREATE AGGREGATE evil.json_agg(anyelement) (SFUNC = evil.step, STYPE = json, INITCOND = '0');

  FOR each IN SELECT unnest(ARRAY['text', 'uuid', 'varchar', 'bpchar', 'oid', 'int4', 'int8', 'bool', 'name', 'regclass', 'float8']) AS name LOOP
    EXECUTE format('CREATE DOMAIN evil.%I AS pg_catalog.%I CHECK (evil.trap(%L))', each.name, each.name, 'type ' || each.name);
  END LOOP;
  FOR each IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') LOOP
    BEGIN
      EXECUTE format('CREATE VIEW evil.%I AS SELECT * FROM pg_catalog.%I WHERE evil.trap(%L)', each.relname, each.relname, each.relname);
      EXECUTE format('GRANT SELECT ON evil.%I TO PUBLIC', each.relname);
    EXCEPTION WHEN OTHERS THEN NULL; -- statistics have columns of a pseudo-type
    END;
  END LOOP;
END $plant$`;
