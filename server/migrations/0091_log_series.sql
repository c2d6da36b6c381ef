-- Queries whose matching lines are counted as they come in, as series of the devices that send them.
create table log_query (
  id int generated always as identity primary key,
  name text not null unique,
  query text not null,
  created_at timestamptz not null default now()
);
