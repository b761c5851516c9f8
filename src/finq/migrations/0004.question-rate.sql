-- Questions of the last minute are counted at the user: deleting a chat takes its answers away, not the count.
-- depends: 0001.initial

ALTER TABLE users
    ADD COLUMN asked_at timestamptz[] NOT NULL DEFAULT '{}';  -- of the last minute, as of the last question
