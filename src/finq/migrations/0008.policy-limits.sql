-- What a search reads of every policy, in short rows, and the words of a policy in the form in which they are counted.
-- depends: 0006.index-generations

-- No limit sets every bit; a code that ends in no digit from 1 to 9 sets bit 0, which no applicant's codes have.
CREATE FUNCTION code_bits(codes text[]) RETURNS smallint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT coalesce(bit_or(1 << CASE WHEN code ~ '[1-9]$' THEN right(code, 1)::int ELSE 0 END), 1023)::smallint
        FROM unnest(codes) AS code);

-- As many rows as there are policies that are not withdrawn. Kept by triggers of youth_policies alone.
CREATE TABLE policy_limits (
    policy_id         text PRIMARY KEY REFERENCES youth_policies ON DELETE CASCADE,
    closes            date NOT NULL,                     -- the day after the last for applying; infinity: not known
    min_age           smallint NOT NULL,
    max_age           smallint NOT NULL,                 -- after military service
    sidos             bigint NOT NULL,                   -- bit n: 시도 n; -1: everywhere
    employment        smallint NOT NULL,                 -- code_bits, as the next three
    education         smallint NOT NULL,
    major             smallint NOT NULL,
    special           smallint NOT NULL,
    married           boolean,                           -- NULL: no limit, here and below
    min_income        integer,                           -- 만원 a year; only where there is no max_income
    max_income        integer,
    application_kind  text NOT NULL,
    application_dates datemultirange NOT NULL,
    categories        text[] NOT NULL,
    region_codes      text[] NOT NULL
);

CREATE FUNCTION keep_policy_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM policy_limits l USING written w WHERE w.id = l.policy_id AND w.withdrawn_at IS NOT NULL;
    INSERT INTO policy_limits
    SELECT id,
           CASE application_kind WHEN 'periods' THEN coalesce(upper(application_dates), '-infinity')
                                 WHEN 'closed' THEN '-infinity' ELSE 'infinity' END,
           coalesce(min_age, 0),
           coalesce(max_age + age_extension, 32767),
           CASE WHEN nationwide OR region_codes = '{}' THEN -1
                ELSE (SELECT bit_or(1::bigint << code::int) FROM unnest(sido_codes) AS code) END,
           code_bits(employment_codes),
           code_bits(education_codes),
           code_bits(major_codes),
           code_bits(special_codes),
           marital_status = 'married',
           CASE WHEN income_kind = 'annual' AND max_income IS NULL THEN min_income END,
           CASE WHEN income_kind = 'annual' THEN max_income END,
           application_kind, application_dates, categories, region_codes
    FROM written WHERE withdrawn_at IS NULL
    ON CONFLICT (policy_id) DO UPDATE
    SET (closes, min_age, max_age, sidos, employment, education, major, special, married, min_income, max_income,
         application_kind, application_dates, categories, region_codes)
      = (excluded.closes, excluded.min_age, excluded.max_age, excluded.sidos, excluded.employment, excluded.education,
         excluded.major, excluded.special, excluded.married, excluded.min_income, excluded.max_income,
         excluded.application_kind, excluded.application_dates, excluded.categories, excluded.region_codes);
    RETURN NULL;
END $$;

CREATE TRIGGER policy_limits_of_new AFTER INSERT ON youth_policies REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION keep_policy_limits();
CREATE TRIGGER policy_limits_of_changed AFTER UPDATE ON youth_policies REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION keep_policy_limits();

-- concat_ws and array_to_string are not immutable for every type; for text they are.
CREATE FUNCTION counted_words(name text, summary text, support text, keywords text[], extra_conditions text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(concat_ws(' ', name, name, summary, support, array_to_string(keywords, ' '), extra_conditions));

-- The name counts twice.
ALTER TABLE youth_policies ADD COLUMN counted_words text NOT NULL
    GENERATED ALWAYS AS (counted_words(name, summary, support, keywords, extra_conditions)) STORED;

ALTER TABLE youth_policies ALTER counted_words SET STORAGE EXTERNAL;  -- read 48 at a time: uncompressed is faster

-- Fills policy_limits, through the trigger.
UPDATE youth_policies SET updated_at = updated_at;
