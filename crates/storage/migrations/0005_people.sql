-- What people are searched and sorted by. Rows written before are filled in when the migration has run.

ALTER TABLE users ADD COLUMN status TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN name_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN created_at BIGINT;
ALTER TABLE users ADD COLUMN state_changed_at BIGINT;
-- Set while somebody is deleted and can be restored.
ALTER TABLE users ADD COLUMN deleted_at BIGINT;

-- Finds the rows to be filled, and is empty afterwards.
CREATE INDEX users_unfilled ON users (tenant, id) WHERE created_at IS NULL;
CREATE INDEX users_by_name ON users (tenant, name_key, id);
CREATE INDEX users_deleted ON users (tenant, deleted_at) WHERE deleted_at IS NOT NULL;
