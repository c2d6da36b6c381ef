-- Short-lived values by key: sessions, sign-in limits.
create table cache_entry (
  key text collate "C" primary key,
  value jsonb not null,
  expires_at timestamptz not null
) with (fillfactor = 80);
create index cache_entry_by_expiry on cache_entry (expires_at);

-- Messages of the bus that are too long for a notification (8,000 bytes); they live for a minute.
create unlogged table bus_message (
  id bigint generated always as identity primary key,
  messages text not null,
  created_at timestamptz not null default now()
);

-- Settings that SOTP itself keeps: small JSON values by key.
create table setting (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);
