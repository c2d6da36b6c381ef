-- Lines of devices, many to a row: a block is up to 4,096 lines of one class, compressed, with the numbers of all words
-- in it. See stores/logs/packed. Partitions: one for each class and UTC day, named log_block_CLASS_YYYYMMDD.
create table log_block (
  -- 1 emergency to error, 2 warning and notice, 3 informational, 4 debug: what is kept equally long.
  class smallint not null,
  -- When the first and the last of its lines came in.
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- Chosen by the writer, so that a block that is written again is not stored again.
  block bigint not null,
  lines int not null,
  -- How many lines of each severity, 0 to 7.
  counts int[] not null,
  tokens int[] not null,
  payload bytea not null,
  primary key (class, first_at, block)
) partition by range (class, first_at);
alter table log_block alter column payload set storage external, alter column tokens set storage external;
create index log_block_by_last on log_block (last_at, block);
create index log_block_by_token on log_block using gin (tokens) with (fastupdate = on);

-- Whoever sends lines and is no device yet.
create table log_sender (
  address text not null,
  host text not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  lines bigint not null,
  worst_severity smallint not null,
  primary key (address, host)
);
create index log_sender_by_last on log_sender (last_seen_at);
