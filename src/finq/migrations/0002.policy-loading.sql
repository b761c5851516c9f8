-- What the ETL must remember so that a run touches only what changed.
-- depends: 0001.initial

ALTER TABLE youth_policies
    ADD COLUMN text_hash   text NOT NULL DEFAULT '',         -- of the text that is embedded
    ADD COLUMN limits_hash text NOT NULL DEFAULT '';         -- of the fields that vector stores filter by

-- One row per object of the bucket that became a policy.
CREATE TABLE etl_objects (
    key       text PRIMARY KEY,
    policy_id text NOT NULL REFERENCES youth_policies ON DELETE CASCADE,
    etag      text NOT NULL,                             -- same ETag and same rules: the object is not read again
    rules     text NOT NULL                              -- hash of the code that reads records
);
CREATE INDEX etl_objects_of_policy ON etl_objects (policy_id);
