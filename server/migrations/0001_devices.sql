-- What is watched and how: configuration (device, credential), what was learned (device_facts), how it is (device_state).

create table credential (
  id int generated always as identity primary key,
  name text not null,
  kind text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint credential_name_key unique (name)
);

-- Encrypted by the local secret store: see stores/secrets/local.ts for the format.
create table secret (
  key text collate "C" primary key,
  key_id text not null,
  sealed bytea not null,
  updated_at timestamptz not null default now()
);

create table device (
  id int generated always as identity primary key,
  name text not null,
  address text not null,
  -- Normal form of address and port: two devices with the same one would be the same device.
  endpoint text not null,
  site text,
  tags text[] not null default '{}',
  collectors jsonb not null default '[]',
  disabled boolean not null default false,
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Sort keys made by the store: numbers inside names and addresses compare as numbers.
  name_key text collate "C" not null,
  address_key text collate "C" not null,
  -- Copies out of the facts, for search and sort; written only when they change.
  vendor text,
  model text,
  serial text,
  sys_name text,
  location text,
  search text collate "C" not null generated always as (
    lower(
      name || ' ' || address || ' ' || coalesce(site, '') || ' ' || coalesce(sys_name, '') || ' ' ||
      coalesce(vendor, '') || ' ' || coalesce(model, '') || ' ' || coalesce(serial, '') || ' ' || coalesce(location, '')
    )
  ) stored,
  constraint device_endpoint_key unique (endpoint)
);

create index device_by_name on device (name_key, id);
create index device_by_address on device (address_key, id);
create index device_by_vendor on device ((vendor is null), (lower(coalesce(vendor, '')) collate "C"), id);
create index device_by_model on device ((model is null), (lower(coalesce(model, '')) collate "C"), id);
create index device_by_site on device ((site is null), (lower(coalesce(site, '')) collate "C"), id);
create index device_by_creation on device (created_at, id);
create index device_by_exact_site on device (site);
create index device_by_tag on device using gin (tags);

-- Trigrams make a search among 100,000 devices a matter of a few ms. A server without the extension, or a user who may
-- not create it, scans instead (about 0.1 s for as many), and nothing else changes.
do $$
begin
  create extension if not exists pg_trgm;
  create index device_by_search on device using gin (search gin_trgm_ops);
exception when others then
  raise notice 'pg_trgm is not available: device search scans';
end $$;

create table device_credential (
  device_id int not null references device on delete cascade,
  credential_id int not null references credential on delete restrict,
  position int not null,
  primary key (device_id, credential_id)
);
create index device_credential_by_credential on device_credential (credential_id);

create table device_parent (
  device_id int not null references device on delete cascade,
  parent_id int not null references device on delete cascade,
  primary key (device_id, parent_id),
  constraint device_parent_not_itself check (device_id <> parent_id)
);
create index device_parent_by_parent on device_parent (parent_id);

-- One row a device, rewritten with every poll: no index but the key and room on the page, so that updates stay in place.
create table device_state (
  device_id int primary key references device on delete cascade,
  status text not null default 'unknown',
  status_reason text,
  status_since timestamptz not null default now(),
  -- After this instant nobody may believe the status any more; null: no poll has said anything yet.
  valid_until timestamptz,
  last_seen_at timestamptz,
  facts_at timestamptz,
  -- What the last run of each collector said, by collector name.
  runs jsonb not null default '{}'
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

create table device_facts (
  device_id int not null references device on delete cascade,
  section text not null,
  at timestamptz not null,
  value jsonb not null,
  primary key (device_id, section)
);

-- The status as it may be told now: a status that nobody has confirmed in time is no status.
create function device_status(disabled boolean, status text, valid_until timestamptz, at timestamptz) returns text
language sql immutable parallel safe
return case when disabled then 'disabled' when valid_until < at then 'unknown' else status end;
