-- What the daily look at the web remembers: when it looked, and what kind of change a notice tells of.
-- depends: 0004.question-rate

CREATE TABLE policy_checks (
    policy_id  text PRIMARY KEY REFERENCES youth_policies ON DELETE CASCADE,
    checked_at timestamptz NOT NULL                      -- the search was answered
);

ALTER TABLE policy_notices
    ADD COLUMN kind text NOT NULL DEFAULT 'other'        -- other: entered by hand
        CHECK (kind IN ('eligibility_changed', 'amount_changed', 'abolished', 'budget_spent', 'closed_early',
                        'extended', 'reopened', 'rescheduled', 'closed', 'other')),
    ADD COLUMN dates date[] NOT NULL DEFAULT '{}';       -- days that the page names

CREATE INDEX policy_notices_recent ON policy_notices (policy_id, found_at DESC);
