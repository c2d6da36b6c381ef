-- Spans of five minutes of eight series beside each other. How much was counted, and over what time, is mostly the same for all that a poll reads:
-- series of which it is share a row. An hour of a layout is a segment that is loaded once, in order, as that of its samples.
create table metric_ts_span_5m (
  layout_id int not null,
  hour timestamptz not null,
  -- Positions 8 * part and those that follow it; null: not in this row.
  part int not null,
  -- Which five minutes of the hour, 0 to 11.
  slot smallint not null,
  count float8 not null,
  covered_ms float8 not null,
  increase_0 float8, increase_1 float8, increase_2 float8, increase_3 float8, increase_4 float8, increase_5 float8, increase_6 float8, increase_7 float8,
  last_0 float8, last_1 float8, last_2 float8, last_3 float8, last_4 float8, last_5 float8, last_6 float8, last_7 float8,
  sum_0 float8, sum_1 float8, sum_2 float8, sum_3 float8, sum_4 float8, sum_5 float8, sum_6 float8, sum_7 float8,
  min_0 float8, min_1 float8, min_2 float8, min_3 float8, min_4 float8, min_5 float8, min_6 float8, min_7 float8,
  max_0 float8, max_1 float8, max_2 float8, max_3 float8, max_4 float8, max_5 float8, max_6 float8, max_7 float8
);
select create_hypertable('metric_ts_span_5m', by_range('hour', interval '7 days'), create_default_indexes => false);
create index metric_ts_span_5m_by_layout on metric_ts_span_5m (layout_id, hour);
alter table metric_ts_span_5m set
  (timescaledb.enable_columnstore, timescaledb.segmentby = 'layout_id, hour', timescaledb.orderby = 'part, slot');

set local timescaledb.enable_direct_compress_insert = on;
insert into metric_ts_span_5m
select layout_id, date_bin('1 hour', at, 'epoch'), position / 8, extract(minute from at at time zone 'UTC')::int / 5, count, covered_ms,
  max(increase) filter (where position % 8 = 0), max(increase) filter (where position % 8 = 1),
  max(increase) filter (where position % 8 = 2), max(increase) filter (where position % 8 = 3),
  max(increase) filter (where position % 8 = 4), max(increase) filter (where position % 8 = 5),
  max(increase) filter (where position % 8 = 6), max(increase) filter (where position % 8 = 7),
  max(last) filter (where position % 8 = 0), max(last) filter (where position % 8 = 1),
  max(last) filter (where position % 8 = 2), max(last) filter (where position % 8 = 3),
  max(last) filter (where position % 8 = 4), max(last) filter (where position % 8 = 5),
  max(last) filter (where position % 8 = 6), max(last) filter (where position % 8 = 7),
  max(sum) filter (where position % 8 = 0), max(sum) filter (where position % 8 = 1),
  max(sum) filter (where position % 8 = 2), max(sum) filter (where position % 8 = 3),
  max(sum) filter (where position % 8 = 4), max(sum) filter (where position % 8 = 5),
  max(sum) filter (where position % 8 = 6), max(sum) filter (where position % 8 = 7),
  max(min) filter (where position % 8 = 0), max(min) filter (where position % 8 = 1),
  max(min) filter (where position % 8 = 2), max(min) filter (where position % 8 = 3),
  max(min) filter (where position % 8 = 4), max(min) filter (where position % 8 = 5),
  max(min) filter (where position % 8 = 6), max(min) filter (where position % 8 = 7),
  max(max) filter (where position % 8 = 0), max(max) filter (where position % 8 = 1),
  max(max) filter (where position % 8 = 2), max(max) filter (where position % 8 = 3),
  max(max) filter (where position % 8 = 4), max(max) filter (where position % 8 = 5),
  max(max) filter (where position % 8 = 6), max(max) filter (where position % 8 = 7)
from metric_ts_rollup_5m
group by 1, 2, 3, 4, 5, 6;

-- The same of an hour, kept up to date by TimescaleDB; here each series has its own count.
create materialized view metric_ts_span_1h
  with (timescaledb.continuous, timescaledb.materialized_only = false) as
select layout_id, part, time_bucket('1 hour', hour) as at,
  sum(count) filter (where increase_0 is not null) as count_0, sum(count) filter (where increase_1 is not null) as count_1,
  sum(count) filter (where increase_2 is not null) as count_2, sum(count) filter (where increase_3 is not null) as count_3,
  sum(count) filter (where increase_4 is not null) as count_4, sum(count) filter (where increase_5 is not null) as count_5,
  sum(count) filter (where increase_6 is not null) as count_6, sum(count) filter (where increase_7 is not null) as count_7,
  sum(covered_ms) filter (where increase_0 is not null) as covered_ms_0, sum(covered_ms) filter (where increase_1 is not null) as covered_ms_1,
  sum(covered_ms) filter (where increase_2 is not null) as covered_ms_2, sum(covered_ms) filter (where increase_3 is not null) as covered_ms_3,
  sum(covered_ms) filter (where increase_4 is not null) as covered_ms_4, sum(covered_ms) filter (where increase_5 is not null) as covered_ms_5,
  sum(covered_ms) filter (where increase_6 is not null) as covered_ms_6, sum(covered_ms) filter (where increase_7 is not null) as covered_ms_7,
  sum(increase_0) as increase_0, sum(increase_1) as increase_1, sum(increase_2) as increase_2, sum(increase_3) as increase_3,
  sum(increase_4) as increase_4, sum(increase_5) as increase_5, sum(increase_6) as increase_6, sum(increase_7) as increase_7,
  last(last_0, slot) filter (where last_0 is not null) as last_0, last(last_1, slot) filter (where last_1 is not null) as last_1,
  last(last_2, slot) filter (where last_2 is not null) as last_2, last(last_3, slot) filter (where last_3 is not null) as last_3,
  last(last_4, slot) filter (where last_4 is not null) as last_4, last(last_5, slot) filter (where last_5 is not null) as last_5,
  last(last_6, slot) filter (where last_6 is not null) as last_6, last(last_7, slot) filter (where last_7 is not null) as last_7,
  sum(sum_0) as sum_0, sum(sum_1) as sum_1, sum(sum_2) as sum_2, sum(sum_3) as sum_3,
  sum(sum_4) as sum_4, sum(sum_5) as sum_5, sum(sum_6) as sum_6, sum(sum_7) as sum_7,
  min(min_0) as min_0, min(min_1) as min_1, min(min_2) as min_2, min(min_3) as min_3,
  min(min_4) as min_4, min(min_5) as min_5, min(min_6) as min_6, min(min_7) as min_7,
  max(max_0) as max_0, max(max_1) as max_1, max(max_2) as max_2, max(max_3) as max_3,
  max(max_4) as max_4, max(max_5) as max_5, max(max_6) as max_6, max(max_7) as max_7
from metric_ts_span_5m
group by layout_id, part, time_bucket('1 hour', hour)
with no data;
alter materialized view metric_ts_span_1h set
  (timescaledb.enable_columnstore, timescaledb.segmentby = 'layout_id', timescaledb.orderby = 'at, part');

-- Hours are kept longer than that of which they are made: those that are summed up are taken along. Of the indexes that a
-- continuous aggregate gets by itself none is of use.
do $$
declare
  before text;
  hours text;
  one text;
begin
  select format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name) into before
  from timescaledb_information.continuous_aggregates where view_name = 'metric_ts_rollup_1h';
  select format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name) into hours
  from timescaledb_information.continuous_aggregates where view_name = 'metric_ts_span_1h';
  for one in
    select indexrelid::regclass::text from pg_index where indrelid = hours::regclass
  loop
    execute format('drop index %s', one);
  end loop;
  execute format('create index on %s (layout_id, at)', hours);
  execute format('insert into %s (layout_id, part, at,
    count_0, count_1, count_2, count_3, count_4, count_5, count_6, count_7,
    covered_ms_0, covered_ms_1, covered_ms_2, covered_ms_3, covered_ms_4, covered_ms_5, covered_ms_6, covered_ms_7,
    increase_0, increase_1, increase_2, increase_3, increase_4, increase_5, increase_6, increase_7,
    last_0, last_1, last_2, last_3, last_4, last_5, last_6, last_7,
    sum_0, sum_1, sum_2, sum_3, sum_4, sum_5, sum_6, sum_7,
    min_0, min_1, min_2, min_3, min_4, min_5, min_6, min_7,
    max_0, max_1, max_2, max_3, max_4, max_5, max_6, max_7)
    select layout_id, position / 8, at,
      max(count) filter (where position %% 8 = 0), max(count) filter (where position %% 8 = 1),
      max(count) filter (where position %% 8 = 2), max(count) filter (where position %% 8 = 3),
      max(count) filter (where position %% 8 = 4), max(count) filter (where position %% 8 = 5),
      max(count) filter (where position %% 8 = 6), max(count) filter (where position %% 8 = 7),
      max(covered_ms) filter (where position %% 8 = 0), max(covered_ms) filter (where position %% 8 = 1),
      max(covered_ms) filter (where position %% 8 = 2), max(covered_ms) filter (where position %% 8 = 3),
      max(covered_ms) filter (where position %% 8 = 4), max(covered_ms) filter (where position %% 8 = 5),
      max(covered_ms) filter (where position %% 8 = 6), max(covered_ms) filter (where position %% 8 = 7),
      max(increase) filter (where position %% 8 = 0), max(increase) filter (where position %% 8 = 1),
      max(increase) filter (where position %% 8 = 2), max(increase) filter (where position %% 8 = 3),
      max(increase) filter (where position %% 8 = 4), max(increase) filter (where position %% 8 = 5),
      max(increase) filter (where position %% 8 = 6), max(increase) filter (where position %% 8 = 7),
      max(last) filter (where position %% 8 = 0), max(last) filter (where position %% 8 = 1),
      max(last) filter (where position %% 8 = 2), max(last) filter (where position %% 8 = 3),
      max(last) filter (where position %% 8 = 4), max(last) filter (where position %% 8 = 5),
      max(last) filter (where position %% 8 = 6), max(last) filter (where position %% 8 = 7),
      max(sum) filter (where position %% 8 = 0), max(sum) filter (where position %% 8 = 1),
      max(sum) filter (where position %% 8 = 2), max(sum) filter (where position %% 8 = 3),
      max(sum) filter (where position %% 8 = 4), max(sum) filter (where position %% 8 = 5),
      max(sum) filter (where position %% 8 = 6), max(sum) filter (where position %% 8 = 7),
      max(min) filter (where position %% 8 = 0), max(min) filter (where position %% 8 = 1),
      max(min) filter (where position %% 8 = 2), max(min) filter (where position %% 8 = 3),
      max(min) filter (where position %% 8 = 4), max(min) filter (where position %% 8 = 5),
      max(min) filter (where position %% 8 = 6), max(min) filter (where position %% 8 = 7),
      max(max) filter (where position %% 8 = 0), max(max) filter (where position %% 8 = 1),
      max(max) filter (where position %% 8 = 2), max(max) filter (where position %% 8 = 3),
      max(max) filter (where position %% 8 = 4), max(max) filter (where position %% 8 = 5),
      max(max) filter (where position %% 8 = 6), max(max) filter (where position %% 8 = 7)
    from %s group by 1, 2, 3', hours, before);
end $$;
drop materialized view metric_ts_rollup_1h;
drop table metric_ts_rollup_5m;

-- For people with SQL: a row a series and span.
create view metric_ts_rollup_5m as
select layout_id, part * 8 + n as position, hour + slot * interval '5 minutes' as at,
  count, v.sum, v.min, v.max, v.last, v.increase, covered_ms
from metric_ts_span_5m
cross join lateral (values
  (0, sum_0, min_0, max_0, last_0, increase_0), (1, sum_1, min_1, max_1, last_1, increase_1),
  (2, sum_2, min_2, max_2, last_2, increase_2), (3, sum_3, min_3, max_3, last_3, increase_3),
  (4, sum_4, min_4, max_4, last_4, increase_4), (5, sum_5, min_5, max_5, last_5, increase_5),
  (6, sum_6, min_6, max_6, last_6, increase_6), (7, sum_7, min_7, max_7, last_7, increase_7)
) as v (n, sum, min, max, last, increase)
where v.increase is not null;
create view metric_ts_rollup_1h as
select layout_id, part * 8 + n as position, at, v.count, v.sum, v.min, v.max, v.last, v.increase, v.covered_ms
from metric_ts_span_1h
cross join lateral (values
  (0, count_0, sum_0, min_0, max_0, last_0, increase_0, covered_ms_0),
  (1, count_1, sum_1, min_1, max_1, last_1, increase_1, covered_ms_1),
  (2, count_2, sum_2, min_2, max_2, last_2, increase_2, covered_ms_2),
  (3, count_3, sum_3, min_3, max_3, last_3, increase_3, covered_ms_3),
  (4, count_4, sum_4, min_4, max_4, last_4, increase_4, covered_ms_4),
  (5, count_5, sum_5, min_5, max_5, last_5, increase_5, covered_ms_5),
  (6, count_6, sum_6, min_6, max_6, last_6, increase_6, covered_ms_6),
  (7, count_7, sum_7, min_7, max_7, last_7, increase_7, covered_ms_7)
) as v (n, count, sum, min, max, last, increase, covered_ms)
where v.count is not null;

-- A day at once, so that its batches are full; hours that are younger are summed up when they are asked for, and what comes late is summed up
-- by whoever loads it.
select add_continuous_aggregate_policy('metric_ts_span_1h',
  start_offset => interval '60 days', end_offset => interval '1 day', schedule_interval => interval '1 day');
select add_compression_policy('metric_ts_span_5m', compress_after => interval '8 days');
select add_compression_policy('metric_ts_span_1h', compress_after => interval '61 days');
