-- An ID token outlives its account by up to an hour; whoever erased theirs must not come back through it.
-- depends: 0001.initial

CREATE TABLE erased_users (
    id        uuid PRIMARY KEY,                          -- the id alone, for two days
    erased_at timestamptz NOT NULL DEFAULT now()
);
