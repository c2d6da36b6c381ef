-- What a batch of polls says of its devices, written in one statement: answers those whose visible status is another one
-- now. Rows are locked in the order of ids, so that two writers never wait for each other. A run that is older than the
-- stored one of its collector changes nothing but `last_seen_at`: a spool that drains late must not turn the clock back. A
-- stored run dated in the future does not count: the clock was set back, and the status must not stand still until it has
-- caught up. The planner, taught by cold disks, would read all states to find these: 150 ms instead of 15 among 100,000.
create function write_device_state(
  p_devices int[], p_statuses text[], p_reasons text[], p_at float8[], p_valid_until float8[], p_seen float8[], p_runs text[]
) returns table (device_id int, status text)
language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return query
  with incoming as (
    select * from unnest(p_devices, p_statuses, p_reasons, p_at, p_valid_until, p_seen, p_runs)
      as t (device_id, status, reason, at, valid_until, seen, runs)
  ), before as materialized (
    select s.device_id, d.disabled, d.maintenance_since, d.maintenance_until,
      device_status(false, null, null, s.status, s.valid_until, now()) as status,
      i.status as new_status, i.reason, to_timestamp(i.at / 1000) as at, to_timestamp(i.valid_until / 1000) as valid_until,
      to_timestamp(i.seen / 1000) as seen, i.runs::jsonb as runs,
      not exists (
        select 1 from jsonb_each(i.runs::jsonb) as r
        where (s.runs -> r.key ->> 'at')::float8 > (r.value ->> 'at')::float8
          and (s.runs -> r.key ->> 'at')::float8 < extract(epoch from now())::float8 * 1000 + 60000
      ) as fresh
    from device_state s join incoming i on i.device_id = s.device_id join device d on d.id = s.device_id
    order by s.device_id for no key update of s
  ), written as (
    update device_state s set
      status = case when b.fresh then b.new_status else s.status end,
      status_reason = case when b.fresh then b.reason else s.status_reason end,
      status_since = case when b.fresh and b.new_status <> b.status then b.at else s.status_since end,
      valid_until = case when b.fresh then b.valid_until else s.valid_until end,
      last_seen_at = greatest(s.last_seen_at, b.seen),
      runs = case when b.fresh then s.runs || b.runs else s.runs end
    from before b where b.device_id = s.device_id
    returning s.device_id,
      device_status(b.disabled, b.maintenance_since, b.maintenance_until, s.status, s.valid_until, now()) as status,
      device_status(b.disabled, b.maintenance_since, b.maintenance_until, b.status, null, now()) as status_before
  )
  select w.device_id, w.status from written w where w.status <> w.status_before order by w.device_id;
end
$$;
