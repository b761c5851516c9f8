-- Schema of FinQ. PostgreSQL 16 or later with pgvector 0.8 or later.

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE users (
    id             uuid PRIMARY KEY,                     -- Cognito `sub`
    email          text NOT NULL,
    birth_year     smallint CHECK (birth_year BETWEEN 1900 AND 2100),
    region_code    text CHECK (region_code ~ '^\d{2}(\d{3})?$'),  -- 시도 (2 digits) or 시군구 (5 digits)
    employment     text,                                 -- names of finq.policies.codes
    education      text,
    marital_status text,
    annual_income  integer CHECK (annual_income >= 0),   -- 만원
    interests      text[] NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE youth_policies (
    id                   text PRIMARY KEY CHECK (id ~ '^[0-9A-Za-z_-]{1,40}$'),  -- plcyNo
    name                 text NOT NULL,
    summary              text NOT NULL DEFAULT '',
    support              text NOT NULL DEFAULT '',       -- verbatim, amounts included
    keywords             text[] NOT NULL DEFAULT '{}',
    categories           text[] NOT NULL DEFAULT '{}',   -- 일자리, 주거, 교육, 복지문화, 참여권리
    subcategories        text[] NOT NULL DEFAULT '{}',
    institution          text NOT NULL DEFAULT '',
    operator             text NOT NULL DEFAULT '',
    min_age              smallint,                       -- NULL: no limit on that side
    max_age              smallint,
    nationwide           boolean NOT NULL,
    region_codes         text[] NOT NULL DEFAULT '{}',   -- 5-digit 시군구; empty when nationwide
    sido_codes           text[] NOT NULL DEFAULT '{}',   -- 2-digit, derived from region_codes
    employment_codes     text[] NOT NULL DEFAULT '{}',   -- empty: no limit, here and below
    education_codes      text[] NOT NULL DEFAULT '{}',
    major_codes          text[] NOT NULL DEFAULT '{}',
    special_codes        text[] NOT NULL DEFAULT '{}',
    marital_status       text CHECK (marital_status IN ('married', 'single')),
    income_kind          text NOT NULL CHECK (income_kind IN ('any', 'annual', 'text')),
    min_income           integer,                        -- 만원 a year
    max_income           integer,
    income_text          text NOT NULL DEFAULT '',
    application_kind     text NOT NULL CHECK (application_kind IN ('periods', 'always', 'institution', 'closed', 'unknown')),
    application_dates    datemultirange NOT NULL DEFAULT '{}',
    application_text     text NOT NULL DEFAULT '',
    business_start       date,
    business_end         date,
    business_text        text NOT NULL DEFAULT '',
    how_to_apply         text NOT NULL DEFAULT '',
    selection            text NOT NULL DEFAULT '',
    apply_url            text NOT NULL DEFAULT '',
    reference_urls       text[] NOT NULL DEFAULT '{}',
    documents_text       text NOT NULL DEFAULT '',
    extra_conditions     text NOT NULL DEFAULT '',
    exclusions           text NOT NULL DEFAULT '',
    notes                text NOT NULL DEFAULT '',
    first_come           boolean,
    quota                integer,
    views                integer NOT NULL DEFAULT 0,
    registered_at        timestamp,
    modified_at          timestamp,
    raw                  jsonb NOT NULL,                 -- the native record, untouched
    content_hash         text NOT NULL,
    withdrawn_at         timestamptz,                    -- vanished from the source
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX youth_policies_regions ON youth_policies USING gin (region_codes);
CREATE INDEX youth_policies_categories ON youth_policies USING gin (categories);
CREATE INDEX youth_policies_dates ON youth_policies USING gist (application_dates);
CREATE INDEX youth_policies_listing ON youth_policies (modified_at DESC NULLS LAST, id) WHERE withdrawn_at IS NULL;

CREATE TABLE policy_vectors (
    policy_id  text PRIMARY KEY REFERENCES youth_policies ON DELETE CASCADE,
    embedding  vector(1024) NOT NULL,
    model_id   text NOT NULL,
    text_hash  text NOT NULL,                            -- of the embedded text: unchanged means no new embedding
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX policy_vectors_hnsw ON policy_vectors USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);

CREATE TABLE required_documents (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    policy_id text NOT NULL REFERENCES youth_policies ON DELETE CASCADE,
    position  smallint NOT NULL,
    name      text NOT NULL,
    note      text NOT NULL DEFAULT '',
    required  boolean,                                   -- NULL: the record does not say
    current   boolean NOT NULL DEFAULT true,             -- false: gone from the record, kept for ticked progress
    UNIQUE (policy_id, name)
);

CREATE TABLE user_policies (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id            uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    policy_id          text NOT NULL REFERENCES youth_policies,
    status             text NOT NULL DEFAULT 'interested'
                       CHECK (status IN ('interested', 'preparing', 'applied', 'selected', 'rejected')),
    personal_deadline  date,
    notes              text NOT NULL DEFAULT '' CHECK (length(notes) <= 2000),
    remind_days_before smallint CHECK (remind_days_before BETWEEN 0 AND 60),
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, policy_id)
);

CREATE TABLE document_progress (
    user_policy_id uuid NOT NULL REFERENCES user_policies ON DELETE CASCADE,
    document_id    bigint NOT NULL REFERENCES required_documents ON DELETE CASCADE,
    done           boolean NOT NULL DEFAULT false,
    note           text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_policy_id, document_id)
);

CREATE TABLE chats (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title      text NOT NULL DEFAULT '' CHECK (length(title) <= 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX chats_of_user ON chats (user_id, updated_at DESC, id);

CREATE TABLE messages (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    chat_id    uuid NOT NULL REFERENCES chats ON DELETE CASCADE,
    seq        bigint GENERATED ALWAYS AS IDENTITY,      -- order within a chat
    role       text NOT NULL CHECK (role IN ('user', 'assistant')),
    content    text NOT NULL,
    sources    jsonb NOT NULL DEFAULT '[]',              -- the `sources` frame's list
    model      text,                                     -- who answered
    usage      jsonb NOT NULL DEFAULT '{}',              -- tokens: input_tokens, output_tokens, model_calls
    metadata   jsonb NOT NULL DEFAULT '{}',              -- route, timings, grounding
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_of_chat ON messages (chat_id, seq);

-- One row per question asked: the hand-over from ws-message (or POST messages) to the chatbot.
CREATE TABLE answers (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id           uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    chat_id           uuid NOT NULL REFERENCES chats ON DELETE CASCADE,
    request_id        text NOT NULL CHECK (length(request_id) BETWEEN 1 AND 64),
    question_id       uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    message_id        uuid REFERENCES messages ON DELETE CASCADE,  -- the stored answer, once there is one
    state             text NOT NULL DEFAULT 'queued'
                      CHECK (state IN ('queued', 'running', 'complete', 'stopped', 'failed')),
    connection_id     text,                              -- where frames go now; NULL: nobody listens
    resume_from       integer,                           -- set by `resume`: characters the client already has
    stop_requested    boolean NOT NULL DEFAULT false,
    error_code        text,
    attempt           smallint NOT NULL DEFAULT 0,
    created_at        timestamptz NOT NULL DEFAULT now(),
    heartbeat_at      timestamptz NOT NULL DEFAULT now(),
    finished_at       timestamptz,
    UNIQUE (user_id, request_id)
);
CREATE INDEX answers_of_chat ON answers (chat_id);

CREATE TABLE feedback (
    message_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    rating     smallint NOT NULL CHECK (rating IN (-1, 1)),
    comment    text NOT NULL DEFAULT '' CHECK (length(comment) <= 1000),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE connections (
    id           text PRIMARY KEY,
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    connected_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX connections_of_user ON connections (user_id);

CREATE TABLE etl_runs (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source      text NOT NULL,
    status      text NOT NULL CHECK (status IN ('running', 'complete', 'failed')),
    report      jsonb NOT NULL DEFAULT '{}',
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);

CREATE TABLE etl_quarantine (
    key      text PRIMARY KEY,                           -- object key of the malformed document
    run_id   uuid NOT NULL REFERENCES etl_runs ON DELETE CASCADE,
    reason   text NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE policy_notices (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    policy_id  text NOT NULL REFERENCES youth_policies ON DELETE CASCADE,
    title      text NOT NULL,
    url        text NOT NULL,
    summary    text NOT NULL DEFAULT '',
    confidence real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    found_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (policy_id, url)
);
