-- Spans of a day (UTC), so that a year is read in twelve rows: one row a layout and month, partitions of a year.
create table metric_rollup_1d (
  device_id int not null,
  layout_id int not null,
  start timestamptz not null,
  block bytea not null
) partition by range (start);
alter table metric_rollup_1d alter column block set storage external;
create unique index metric_rollup_1d_by_device on metric_rollup_1d (device_id, start, layout_id);

-- Days that were rolled up before are rolled up again, now with their 1-day spans; until then 5-minute spans answer.
delete from metric_compaction where tier = 'day';
