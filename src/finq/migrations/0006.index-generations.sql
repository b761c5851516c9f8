-- Vectors of two models live side by side while the loader moves from one to the other.
-- depends: 0004.question-rate

-- What a search may read. A generation is retired, not removed, when another takes its place: searches that
-- began before still read it.
CREATE TABLE index_generations (
    model_id   text NOT NULL,                            -- model and dimensions, as in policy_vectors
    collection text NOT NULL,                            -- Milvus collection that holds all of it; '': pgvector alone
    state      text NOT NULL CHECK (state IN ('building', 'active', 'retired')),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model_id, collection)
);
CREATE UNIQUE INDEX index_generations_active ON index_generations (state) WHERE state = 'active';

ALTER TABLE policy_vectors DROP CONSTRAINT policy_vectors_pkey, ADD PRIMARY KEY (model_id, policy_id);

-- One HNSW index a model, made by the loader; those of the models there are, here.
DROP INDEX policy_vectors_hnsw;
DO $$
DECLARE
    model text;
BEGIN
    FOREACH model IN ARRAY ARRAY(SELECT DISTINCT model_id FROM policy_vectors) LOOP
        EXECUTE format(
            'CREATE INDEX %I ON policy_vectors USING hnsw (embedding vector_cosine_ops)'
            ' WITH (m = 16, ef_construction = 64) WHERE model_id = %L',
            'policy_vectors_hnsw_' || left(encode(sha256(convert_to(model, 'UTF8')), 'hex'), 12), model);
    END LOOP;
END $$;

-- What most vectors were made by is what searches read until now.
INSERT INTO index_generations (model_id, collection, state)
SELECT model_id, '', 'active' FROM policy_vectors GROUP BY model_id ORDER BY count(*) DESC LIMIT 1;

-- The order in which the loader compares policies with what Milvus holds.
CREATE INDEX youth_policies_in_order ON youth_policies (id COLLATE "C") WHERE withdrawn_at IS NULL;
