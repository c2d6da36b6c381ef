-- A device in maintenance is polled as ever, but its status says so instead of what the polls find: until an instant, or
-- without an end that is known.
alter table device
  add column maintenance_since timestamptz,
  add column maintenance_until timestamptz,
  add column maintenance_note  text,
  add constraint device_maintenance_whole check (maintenance_since is not null or
    (maintenance_until is null and maintenance_note is null));

-- The status as it may be told now: what people have set comes first, and a status that nobody has confirmed in time is
-- no status.
create function device_status(
  disabled boolean, maintenance_since timestamptz, maintenance_until timestamptz,
  status text, valid_until timestamptz, at timestamptz
) returns text
language sql immutable parallel safe
return case
  when disabled then 'disabled'
  when maintenance_since <= at and (maintenance_until is null or maintenance_until > at) then 'maintenance'
  when valid_until < at then 'unknown'
  else status
end;
