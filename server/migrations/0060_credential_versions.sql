-- A credential's secrets have numbers: the one in use, and the next one while it is being rotated. Both are valid then.
alter table credential
  add column secret_version int not null default 1,
  add column next_version int,
  add column next_since timestamptz,
  -- The highest number given so far: numbers are never used twice.
  add column last_version int not null default 1;
