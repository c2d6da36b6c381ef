-- Facts that changed between two readings of a device: rows are added, and go after their time.
create table device_change (
  id bigint generated always as identity primary key,
  device_id int not null references device on delete cascade,
  at timestamptz not null,
  section text not null,
  kind text not null,
  subject text not null,
  before jsonb,
  after jsonb
);
create index device_change_by_device on device_change (device_id, id);
create index device_change_by_time on device_change (at);

-- What a section was when it was last read as a whole, while `value` is from a reading that a fault cut short; JSON null
-- when it has never been read as a whole. Changes are told against this.
alter table device_facts add column complete jsonb;
