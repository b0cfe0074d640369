-- Leave to register clients. The count is a column of its own, because it is the gate: see `register_client`.

CREATE TABLE registration_tokens (
    tenant      TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id          TEXT COLLATE "C" NOT NULL,
    secret      TEXT COLLATE "C" NOT NULL,
    clients     BIGINT NOT NULL,
    max_clients BIGINT NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, secret)
);
