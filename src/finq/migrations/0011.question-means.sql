-- What the questions of one model's space have in common, which searches take away from each of them.
-- depends: 0010.inline-vectors

CREATE TABLE question_means (
    model_id       text PRIMARY KEY,                     -- model and dimensions, as in policy_vectors
    questions_hash text NOT NULL,                        -- of the typical questions it was made from
    mean           real[] NOT NULL,
    updated_at     timestamptz NOT NULL DEFAULT now()
);
