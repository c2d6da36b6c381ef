-- An hour of one series is 60 samples, and a batch of the columnstore costs about as much for 60 as for 1,000. Batches of
-- a layout, sorted by series and time, are full as they are loaded, and nothing has to be put together afterwards.
alter table metric_ts_sample set (timescaledb.segmentby = 'layout_id', timescaledb.orderby = 'position, at');
alter table metric_ts_rollup_5m set (timescaledb.segmentby = 'layout_id', timescaledb.orderby = 'position, at');
alter materialized view metric_ts_rollup_1h set (timescaledb.segmentby = 'layout_id', timescaledb.orderby = 'position, at');

-- Rows that are not in the columnstore are few, and late. Of an index with the position TimescaleDB would make a Bloom filter
-- for every batch as well, a byte a sample, that tells nothing which the order of the batches does not.
drop index metric_ts_sample_by_place;
drop index metric_ts_rollup_5m_by_place;
create index metric_ts_sample_by_layout on metric_ts_sample (layout_id, at);
create index metric_ts_rollup_5m_by_layout on metric_ts_rollup_5m (layout_id, at);

-- The indexes that a continuous aggregate gets by itself, one a column: series are asked for by place.
do $$
declare
  hours text;
  one text;
begin
  select format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name) into hours
  from timescaledb_information.continuous_aggregates where view_name = 'metric_ts_rollup_1h';
  for one in
    select indexrelid::regclass::text from pg_index where indrelid = hours::regclass
  loop
    execute format('drop index %s', one);
  end loop;
  execute format('create index metric_ts_rollup_1h_by_place on %s (layout_id, position, at)', hours);
end $$;

-- Hours are summed up straight into the columnstore, by whoever owns the policy.
do $$
begin
  execute format('alter role %I in database %I set timescaledb.enable_direct_compress_on_cagg_refresh = on',
    current_user, current_database());
end $$;
