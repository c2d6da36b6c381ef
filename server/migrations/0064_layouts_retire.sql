-- A port that is called or numbered otherwise keeps its series: they get other labels. Layouts that name them by the old
-- ones are no longer found by new polls, but still by polls from before that come late.
alter table metric_layout
  add column retired_at timestamptz,
  add column retired_key uuid;
create index metric_layout_retired on metric_layout (device_id, retired_key) where retired_key is not null;

-- The readings whose labels have been applied: applied twice they could exchange two ports again.
create table metric_relabel (
  device_id int not null,
  at timestamptz not null,
  primary key (device_id, at)
);
