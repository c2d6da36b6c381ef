-- Hours become days: one row a layout and day instead of 24.

-- Polls of a day, made of the rows of metric_packed, whose partition then goes. Partitions of a day (UTC).
create table metric_packed_day (
  device_id int not null,
  layout_id int not null,
  start timestamptz not null,
  polls int not null,
  restarted boolean not null,
  block bytea not null
) partition by range (start);
alter table metric_packed_day alter column block set storage external;
create unique index metric_packed_day_by_device on metric_packed_day (device_id, start, layout_id);

-- 5-minute spans of an hour, until metric_rollup_5m has them as a day; partitions of a day. What metric_rollup_5m had of
-- hours before stays as it is.
create table metric_rollup_5m_hour (
  device_id int not null,
  layout_id int not null,
  start timestamptz not null,
  block bytea not null
) partition by range (start);
alter table metric_rollup_5m_hour alter column block set storage external;
create unique index metric_rollup_5m_hour_by_device on metric_rollup_5m_hour (device_id, start, layout_id);

-- Queries ask which hours were packed since they looked last.
create index metric_compaction_by_finish on metric_compaction (finished_at);
