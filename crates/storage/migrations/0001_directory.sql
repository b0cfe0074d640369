-- The directory. One text for SQLite and PostgreSQL: COLLATE "C" is left out for SQLite, whose default is binary.
-- A table has the columns that are queried, unique or compared; everything else is the domain value as JSON in `body`.
-- Times are milliseconds since the epoch. Identifiers are time-ordered UUIDs in canonical text form.

CREATE TABLE tenants (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    slug    TEXT COLLATE "C" NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    body    TEXT NOT NULL
);

CREATE TABLE signing_keys (
    tenant     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    key_id     TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (tenant, key_id)
);

CREATE TABLE clients (
    tenant    TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    client_id TEXT COLLATE "C" NOT NULL,
    version   BIGINT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (tenant, client_id)
);

CREATE TABLE home_idps (
    tenant  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id      TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE home_idp_domains (
    tenant   TEXT COLLATE "C" NOT NULL,
    domain   TEXT COLLATE "C" NOT NULL,
    home_idp TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, domain),
    FOREIGN KEY (tenant, home_idp) REFERENCES home_idps (tenant, id) ON DELETE CASCADE
);
CREATE INDEX home_idp_domains_of_home_idp ON home_idp_domains (tenant, home_idp);

CREATE TABLE users (
    tenant    TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id        TEXT COLLATE "C" NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL,
    user_type TEXT COLLATE "C" NOT NULL,
    state     TEXT COLLATE "C",
    version   BIGINT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, email_key)
);

-- Law 1: what finds a federated guest, byte for byte.
CREATE TABLE federated_identities (
    tenant   TEXT COLLATE "C" NOT NULL,
    home_idp TEXT COLLATE "C" NOT NULL,
    issuer   TEXT COLLATE "C" NOT NULL,
    subject  TEXT COLLATE "C" NOT NULL,
    user_id  TEXT COLLATE "C" NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (tenant, home_idp, issuer, subject),
    FOREIGN KEY (tenant, home_idp) REFERENCES home_idps (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX federated_identities_of_user ON federated_identities (tenant, user_id);

CREATE TABLE local_accounts (
    tenant  TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (tenant, user_id),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);

-- A client that is registered anew under an old identifier inherits no consent.
CREATE TABLE consents (
    tenant    TEXT COLLATE "C" NOT NULL,
    user_id   TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (tenant, user_id, client_id),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant, client_id) REFERENCES clients (tenant, client_id) ON DELETE CASCADE
);
CREATE INDEX consents_to_client ON consents (tenant, client_id);

CREATE TABLE invitations (
    tenant  TEXT COLLATE "C" NOT NULL,
    id      TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    secret  TEXT COLLATE "C" NOT NULL,
    state   TEXT COLLATE "C" NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, secret),
    FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id) ON DELETE CASCADE
);
CREATE INDEX invitations_of_user ON invitations (tenant, user_id);
CREATE UNIQUE INDEX invitations_one_pending ON invitations (tenant, user_id) WHERE state = 'pending';

CREATE TABLE outbox (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant       TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    due_at       BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    body         TEXT NOT NULL
);
CREATE INDEX outbox_by_due ON outbox (due_at, id);

CREATE TABLE audit (
    tenant    TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id        TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX audit_by_reference ON audit (tenant, reference, id);
