-- The time series: a catalogue of series, and polls as rows in hourly partitions.

create table metric_series (
  id int generated always as identity primary key,
  device_id int not null,
  metric text not null,
  labels jsonb not null,
  unit text,
  kind text not null,
  -- Digest of metric, labels, unit and kind: what makes a series of a device the same one.
  key uuid not null,
  constraint metric_series_key unique (device_id, key)
);
create index metric_series_by_metric on metric_series (metric, id);
create index metric_series_by_device on metric_series (device_id, id);

-- The series of a poll, in the order of its values. Never changed: another shape is another layout.
create table metric_layout (
  id int generated always as identity primary key,
  device_id int not null,
  -- Digest of the keys of the series, in order.
  key uuid not null,
  series int[] not null,
  constraint metric_layout_key unique (device_id, key)
);

-- A poll is a row. Partitions of one hour (UTC): the compactor rewrites a closed hour and drops its partition.
create table metric_head (
  device_id int not null,
  layout_id int not null,
  -- The scheduled instant, and the true one.
  at timestamptz not null,
  polled_at timestamptz not null,
  restarted boolean not null,
  "values" float8[] not null
) partition by range (at);
-- Compressing doubles costs time and gives nothing.
alter table metric_head alter column "values" set storage external;
create index metric_head_by_device on metric_head (device_id, at);

-- Batches that are stored: a replay finds its (source, sequence) here, in the transaction that would store it again.
create table metric_batch (
  source text not null,
  sequence bigint not null,
  stored_at timestamptz not null default now(),
  primary key (source, sequence)
);

-- For people with SQL and for dashboards: the polls of the last hours as single samples.
create view metric_sample as
select h.at, h.polled_at, h.device_id, s.id as series_id, s.metric, s.labels, s.unit, s.kind, v.value
from metric_head h
join metric_layout l on l.id = h.layout_id
cross join lateral unnest(l.series, h."values") as v (series_id, value)
join metric_series s on s.id = v.series_id
where v.value <> 'NaN';
