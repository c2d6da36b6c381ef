-- Sixteen series of a layout beside each other, a row a poll: a row of the columnstore costs about the same whatever it holds.
-- An hour of a layout is loaded once, in order, and is a segment of its own: nothing has to be put in order or together
-- afterwards. What comes late takes the place of its hour.
create table metric_ts_value (
  layout_id int not null,
  hour timestamptz not null,
  -- Positions 16 * part and those that follow it; null: no sample.
  part int not null,
  at timestamptz not null,
  v0 float8, v1 float8, v2 float8, v3 float8,
  v4 float8, v5 float8, v6 float8, v7 float8,
  v8 float8, v9 float8, v10 float8, v11 float8,
  v12 float8, v13 float8, v14 float8, v15 float8
);
select create_hypertable('metric_ts_value', by_range('at', interval '1 day'), create_default_indexes => false);
create index metric_ts_value_by_layout on metric_ts_value (layout_id, at);
alter table metric_ts_value set
  (timescaledb.enable_columnstore, timescaledb.segmentby = 'layout_id, hour', timescaledb.orderby = 'part, at');

set local timescaledb.enable_direct_compress_insert = on;
insert into metric_ts_value
select layout_id, date_bin('1 hour', at, 'epoch'), position / 16, at,
  max(value) filter (where position % 16 = 0), max(value) filter (where position % 16 = 1), max(value) filter (where position % 16 = 2), max(value) filter (where position % 16 = 3),
  max(value) filter (where position % 16 = 4), max(value) filter (where position % 16 = 5), max(value) filter (where position % 16 = 6), max(value) filter (where position % 16 = 7),
  max(value) filter (where position % 16 = 8), max(value) filter (where position % 16 = 9), max(value) filter (where position % 16 = 10), max(value) filter (where position % 16 = 11),
  max(value) filter (where position % 16 = 12), max(value) filter (where position % 16 = 13), max(value) filter (where position % 16 = 14), max(value) filter (where position % 16 = 15)
from metric_ts_sample
group by 1, 2, 3, 4;
drop table metric_ts_sample;
-- For people with SQL: single samples.
create view metric_ts_sample as
select layout_id, part * 16 + n as position, at, value
from metric_ts_value
cross join lateral (values (0, v0), (1, v1), (2, v2), (3, v3), (4, v4), (5, v5), (6, v6), (7, v7), (8, v8), (9, v9), (10, v10), (11, v11), (12, v12), (13, v13), (14, v14), (15, v15)) as v (n, value)
where value is not null;

-- Chunks that are in order are left alone; only what came beside an hour is put together with it.
select add_compression_policy('metric_ts_value', compress_after => interval '26 hours');
