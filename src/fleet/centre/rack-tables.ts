/** Boards of racks, the workers that own them, and the jobs that are submitted for them. */
export const rackTables: readonly string[] = [
  // A host with boards. It is there from the hello of a process (`life`) until that leaves, or until `beats` stands still.
  `CREATE TABLE worker (
    name TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, joined_at TIMESTAMPTZ NOT NULL DEFAULT now(), joined_by TEXT NOT NULL,
    life TEXT, is_there BOOLEAN NOT NULL DEFAULT false, beats BIGINT NOT NULL DEFAULT 0, beat_at TIMESTAMPTZ, version TEXT)`,
  // `worker`: whose it is; NULL where its last owner has it no more. `profile`: as it was read, for the checks of an image.
  `CREATE TABLE board (
    name TEXT PRIMARY KEY, worker TEXT REFERENCES worker (name), profile JSON NOT NULL, scenario TEXT,
    claimed_at TIMESTAMPTZ NOT NULL DEFAULT now())`,
  // `request`: the submitter's own id, so that the same submit twice is one job. `images`: [{sha256, name, address}].
  // `take`: the one time that a worker began it. JSON, and not JSONB: events and results keep the order of their keys.
  `CREATE TABLE board_job (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, request UUID NOT NULL UNIQUE,
    board TEXT NOT NULL REFERENCES board (name), verb TEXT NOT NULL CHECK (verb IN ('recover', 'flash', 'reset')),
    images JSON NOT NULL, options JSON NOT NULL,
    submitted_at TIMESTAMPTZ NOT NULL DEFAULT now(), submitted_by TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'lost', 'cancelled')),
    worker TEXT REFERENCES worker (name), life TEXT, take UUID UNIQUE, taken_at TIMESTAMPTZ, ended_at TIMESTAMPTZ,
    result JSON, trace BYTEA, why TEXT,
    CHECK ((take IS NULL) = (state IN ('queued', 'cancelled'))),
    CHECK ((result IS NULL) = (state <> 'done')),
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'running'))))`,
  "CREATE UNIQUE INDEX one_running_job_of_board ON board_job (board) WHERE state = 'running'",
  "CREATE INDEX queued_job_of_board ON board_job (board, id) WHERE state = 'queued'",
  // `at_ms`: by the clock of the bench, from the beginning of the job.
  `CREATE TABLE board_job_event (
    job BIGINT NOT NULL REFERENCES board_job (id), seq BIGINT NOT NULL, at_ms DOUBLE PRECISION NOT NULL, event JSON NOT NULL,
    PRIMARY KEY (job, seq))`,
];
