-- What becomes of polls when their hour has closed: packed polls, roll-ups of 5 minutes, roll-ups of an hour.

-- The polls of a layout in one hour, as columns (stores/metrics/packed/codec.ts). Partitions of a day (UTC).
create table metric_packed (
  device_id int not null,
  layout_id int not null,
  start timestamptz not null,
  polls int not null,
  -- Whether any of them says that counters began anew.
  restarted boolean not null,
  block bytea not null
) partition by range (start);
alter table metric_packed alter column block set storage external;
create unique index metric_packed_by_device on metric_packed (device_id, start, layout_id);

-- 5-minute spans of one hour, and 1-hour spans of one day; partitions of a month.
create table metric_rollup_5m (
  device_id int not null,
  layout_id int not null,
  start timestamptz not null,
  block bytea not null
) partition by range (start);
alter table metric_rollup_5m alter column block set storage external;
create unique index metric_rollup_5m_by_device on metric_rollup_5m (device_id, start, layout_id);

create table metric_rollup_1h (
  device_id int not null,
  layout_id int not null,
  start timestamptz not null,
  block bytea not null
) partition by range (start);
alter table metric_rollup_1h alter column block set storage external;
create unique index metric_rollup_1h_by_device on metric_rollup_1h (device_id, start, layout_id);

-- How far the compactor is, so that a killed one goes on: hours by hour, days by day.
create table metric_compaction (
  tier text not null,
  start timestamptz not null,
  -- Devices up to this one are done, and so many polls were packed.
  done_device int not null default 0,
  polls bigint not null default 0,
  finished_at timestamptz,
  primary key (tier, start)
);
