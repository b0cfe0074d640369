-- News for clients that a session has ended, waiting to be delivered.
CREATE TABLE logout_notices (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant       TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    due_at       BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    body         TEXT NOT NULL
);
CREATE INDEX logout_notices_by_due ON logout_notices (due_at, id);
