-- Who may use SOTP, what they did, and the long work they started.

CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username text NOT NULL,
  password_hash text,
  role text NOT NULL,
  scope jsonb,
  disabled boolean NOT NULL DEFAULT false,
  -- Sessions hold the epoch they were made in; raising it ends them all, whatever the cache still holds.
  epoch integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_login_at timestamptz
);
-- "Admin" and "admin" must never be two people.
CREATE UNIQUE INDEX users_username ON users (lower(username));

CREATE TABLE api_tokens (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  -- Null for tokens made on the command line; a user's tokens go with the user.
  owner_id bigint REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz
);

-- At most one row: the one-time link of the first start.
CREATE TABLE setup_link (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  token_hash bytea NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  via text NOT NULL,
  from_address text,
  action text NOT NULL,
  subject text,
  details jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE tasks (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  state text NOT NULL,
  progress real NOT NULL DEFAULT 0,
  -- The device it is about, where there is one: its site decides who may see the task.
  device_id bigint,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  result jsonb,
  error jsonb
);
CREATE INDEX tasks_created_at ON tasks (created_at);
