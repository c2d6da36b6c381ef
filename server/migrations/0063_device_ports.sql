-- The ports of a device as things that last, whatever the device numbers and calls them. Ports that are gone stay known.
create table device_port (
  id int generated always as identity primary key,
  device_id int not null references device on delete cascade,
  -- What the last reading that had it said of it.
  facts jsonb not null,
  -- The labels that its series have.
  labels jsonb not null,
  first_seen_at timestamptz not null,
  seen_at timestamptz not null,
  gone_at timestamptz
);
create index device_port_by_device on device_port (device_id, id);

-- What was decided about ports stands among the changes, and can be reversed there.
alter table device_change
  add column why text,
  -- {portId, rivalId, before}: the port that it is about, the one that it was or was not taken for, and that one's facts.
  add column decision jsonb,
  add column reversed_at timestamptz;
