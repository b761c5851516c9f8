-- When people were born, as exactly as they said; and limits that records state in words.
-- depends: 0004.question-rate

-- Any of the days from `born_from` to `born_to`: one day for a birth date, a calendar year for a birth year, and for
-- an age the year of days that make it true on the day it was said.
ALTER TABLE users
    ADD COLUMN born_from date,
    ADD COLUMN born_to   date,
    ADD CHECK ((born_from IS NULL) = (born_to IS NULL)),
    ADD CHECK (born_to BETWEEN born_from AND born_from + interval '1 year');
UPDATE users
   SET born_from = make_date(birth_year, 1, 1), born_to = make_date(birth_year, 12, 31)
 WHERE birth_year IS NOT NULL;
ALTER TABLE users DROP COLUMN birth_year;

ALTER TABLE youth_policies
    ADD COLUMN age_extension smallint NOT NULL DEFAULT 0,  -- years added to max_age for military service done
    ADD COLUMN local_to      text;                         -- nationwide by its codes, but this place's programme
