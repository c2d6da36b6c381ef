-- Spans of five minutes by their number in the hour: a number takes a tenth of the disk of an instant, and an hour of a layout is a segment
-- that is loaded once, in order.
create table metric_ts_span_5m (
  layout_id int not null,
  hour timestamptz not null,
  position int not null,
  -- 0 to 11.
  slot smallint not null,
  count float8 not null,
  sum float8,
  min float8,
  max float8,
  last float8,
  increase float8 not null,
  covered_ms float8 not null
);
select create_hypertable('metric_ts_span_5m', by_range('hour', interval '7 days'), create_default_indexes => false);
create index metric_ts_span_5m_by_layout on metric_ts_span_5m (layout_id, hour);
alter table metric_ts_span_5m set
  (timescaledb.enable_columnstore, timescaledb.segmentby = 'layout_id, hour', timescaledb.orderby = 'position, slot');

set local timescaledb.enable_direct_compress_insert = on;
insert into metric_ts_span_5m
select layout_id, date_bin('1 hour', at, 'epoch'), position, extract(minute from at at time zone 'UTC')::int / 5,
  count, sum, min, max, last, increase, covered_ms
from metric_ts_rollup_5m;

-- Hours are kept longer than that of which they are made: those that are summed up are taken along.
alter materialized view metric_ts_rollup_1h rename to metric_ts_rollup_1h_before;
create materialized view metric_ts_rollup_1h
  with (timescaledb.continuous, timescaledb.materialized_only = false) as
select layout_id, position, time_bucket('1 hour', hour) as at,
  sum(count) as count, sum(sum) as sum, min(min) as min, max(max) as max,
  last(last, slot) filter (where last is not null) as last,
  sum(increase) as increase, sum(covered_ms) as covered_ms
from metric_ts_span_5m
group by layout_id, position, time_bucket('1 hour', hour)
with no data;
alter materialized view metric_ts_rollup_1h set
  (timescaledb.enable_columnstore, timescaledb.segmentby = 'layout_id', timescaledb.orderby = 'position, at');
do $$
declare
  before text;
  hours text;
  one text;
begin
  select format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name) into before
  from timescaledb_information.continuous_aggregates where view_name = 'metric_ts_rollup_1h_before';
  select format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name) into hours
  from timescaledb_information.continuous_aggregates where view_name = 'metric_ts_rollup_1h';
  for one in
    select indexrelid::regclass::text from pg_index where indrelid = hours::regclass
  loop
    execute format('drop index %s', one);
  end loop;
  execute format('create index on %s (layout_id, position, at)', hours);
  execute format('insert into %s (layout_id, position, at, count, sum, min, max, last, increase, covered_ms)
    select layout_id, position, at, count, sum, min, max, last, increase, covered_ms from %s', hours, before);
end $$;
drop materialized view metric_ts_rollup_1h_before;
drop table metric_ts_rollup_5m;

-- For people with SQL: spans with their instants.
create view metric_ts_rollup_5m as
select layout_id, position, hour, hour + slot * interval '5 minutes' as at, count, sum, min, max, last, increase, covered_ms
from metric_ts_span_5m;

select add_continuous_aggregate_policy('metric_ts_rollup_1h',
  start_offset => interval '60 days', end_offset => interval '1 hour', schedule_interval => interval '30 minutes');
select add_compression_policy('metric_ts_span_5m', compress_after => interval '8 days');
select add_compression_policy('metric_ts_rollup_1h', compress_after => interval '61 days');
