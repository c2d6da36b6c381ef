-- What becomes of polls when their hour has closed, where the server has TimescaleDB: single samples in the columnstore.

create extension if not exists timescaledb;

-- A poll of a layout, without its values: one row for all its series.
create table metric_ts_poll (
  device_id int not null,
  layout_id int not null,
  at timestamptz not null,
  polled_at timestamptz not null,
  -- Whether the poll says that counters began anew.
  restarted boolean not null
);
select create_hypertable('metric_ts_poll', by_range('at', interval '1 day'), create_default_indexes => false);
create index metric_ts_poll_by_device on metric_ts_poll (device_id, at);
alter table metric_ts_poll set
  (timescaledb.enable_columnstore, timescaledb.segmentby = 'device_id, layout_id', timescaledb.orderby = 'at');

-- A sample is known by its place in a layout, not by its series: a history that is parted or joined moves no samples.
create table metric_ts_sample (
  layout_id int not null,
  position int not null,
  at timestamptz not null,
  value float8 not null
);
select create_hypertable('metric_ts_sample', by_range('at', interval '1 day'), create_default_indexes => false);
create index metric_ts_sample_by_place on metric_ts_sample (layout_id, position, at);
alter table metric_ts_sample set
  (timescaledb.enable_columnstore, timescaledb.segmentby = 'layout_id, position', timescaledb.orderby = 'at');

-- What happened in five minutes. Of a counter: its growth, and the true ms that it was measured over.
create table metric_ts_rollup_5m (
  layout_id int not null,
  position int not null,
  at timestamptz not null,
  count float8 not null,
  sum float8,
  min float8,
  max float8,
  last float8,
  increase float8 not null,
  covered_ms float8 not null
);
select create_hypertable('metric_ts_rollup_5m', by_range('at', interval '7 days'), create_default_indexes => false);
create index metric_ts_rollup_5m_by_place on metric_ts_rollup_5m (layout_id, position, at);
alter table metric_ts_rollup_5m set
  (timescaledb.enable_columnstore, timescaledb.segmentby = 'layout_id, position', timescaledb.orderby = 'at');

-- The same for an hour, kept up to date by TimescaleDB; what is not materialised yet is computed when it is asked for.
create materialized view metric_ts_rollup_1h
  with (timescaledb.continuous, timescaledb.materialized_only = false) as
select layout_id, position, time_bucket('1 hour', at) as at,
  sum(count) as count, sum(sum) as sum, min(min) as min, max(max) as max,
  last(last, at) filter (where last is not null) as last,
  sum(increase) as increase, sum(covered_ms) as covered_ms
from metric_ts_rollup_5m
group by layout_id, position, time_bucket('1 hour', at)
with no data;
alter materialized view metric_ts_rollup_1h set
  (timescaledb.enable_columnstore, timescaledb.segmentby = 'layout_id, position', timescaledb.orderby = 'at');

-- Looked at every half hour; back as far as samples are kept, and longer than that nobody changes anything.
select add_continuous_aggregate_policy('metric_ts_rollup_1h',
  start_offset => interval '60 days', end_offset => interval '1 hour', schedule_interval => interval '30 minutes');

-- Samples are loaded compressed, in short batches; a chunk that is over is put together into long ones.
select add_compression_policy('metric_ts_poll', compress_after => interval '26 hours');
select add_compression_policy('metric_ts_sample', compress_after => interval '26 hours');
select add_compression_policy('metric_ts_rollup_5m', compress_after => interval '8 days');
select add_compression_policy('metric_ts_rollup_1h', compress_after => interval '61 days');
