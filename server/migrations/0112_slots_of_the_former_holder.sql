-- The slots before a takeover are the former holder's: up to the instant at which he gave the partition back, or, when he
-- fell silent, up to the takeover, for nobody knows what he did last. Jobs of that time may still be waiting.
alter table partition_lease add column slots_from timestamptz not null default '-infinity';

create or replace function worker_beat(
  p_id text, p_host text, p_pid int, p_name text, p_sites text[], p_partitions int, p_ttl_ms int
) returns jsonb
language plpgsql as $$
declare
  v_now     timestamptz;
  v_until   timestamptz;
  v_zone    record;
  v_members int;
  v_rank    int;
  v_share   int;
  v_mine    int;
  v_all     int := 0;
  v_held    jsonb := '[]';
  v_excess  int[] := '{}';
begin
  perform pg_advisory_xact_lock(7362002);
  v_now := clock_timestamp();
  v_until := v_now + p_ttl_ms * interval '1 millisecond';
  -- A database that was away let every lease run out, though their holders had polled on. So when a member comes back
  -- and finds that everybody was silent, all leases and members get the time of one lease to come back.
  if exists (select 1 from worker_member where id = p_id and seen_until < v_now)
     and not exists (select 1 from worker_member where seen_until >= v_now) then
    update worker_member set seen_until = v_until;
    update partition_lease set lease_until = v_until where holder is not null;
  end if;
  if p_sites is not null then
    insert into site_zone (site) select s from unnest(p_sites) as s
      where not exists (select 1 from site_zone z where z.site = s) on conflict do nothing;
  end if;
  insert into worker_member (id, host, pid, name, sites, seen_until)
    values (p_id, p_host, p_pid, p_name, p_sites, v_until)
    on conflict (id) do update set seen_until = excluded.seen_until;
  delete from worker_member where seen_until < v_now;
  update partition_lease set lease_until = v_until where holder = p_id;
  for v_zone in
    select 0 as zone, null::text as site, 0 as first, p_partitions as size where p_sites is null
    union all
    select z.zone, z.site, z.zone * 1000, 2 from site_zone z where z.site = any(p_sites)
  loop
    insert into partition_lease (partition)
      select p from generate_series(v_zone.first, v_zone.first + v_zone.size - 1) as p
      where not exists (select 1 from partition_lease l where l.partition = p) on conflict do nothing;
    select count(*), count(*) filter (where id < p_id) into v_members, v_rank from worker_member
      where case when v_zone.site is null then sites is null else v_zone.site = any(sites) end;
    v_share := v_zone.size / v_members + case when v_rank < v_zone.size % v_members then 1 else 0 end;
    v_all := v_all + v_share;
    select count(*) into v_mine from partition_lease
      where holder = p_id and partition >= v_zone.first and partition < v_zone.first + v_zone.size;
    if v_mine < v_share then
      update partition_lease set holder = p_id, term = term + 1, lease_until = v_until,
        slots_from = case when holder is null then lease_until else v_now end
      where partition in (
        select partition from partition_lease
        where partition >= v_zone.first and partition < v_zone.first + v_zone.size
          and (holder is null or lease_until < v_now)
        order by partition
        limit v_share - v_mine);
    end if;
    select v_held || coalesce(jsonb_agg(jsonb_build_object(
        'partition', partition, 'term', term,
        'from', case when isfinite(slots_from) then extract(epoch from slots_from) * 1000 else 0 end) order by partition), '[]')
      into v_held from partition_lease
      where holder = p_id and partition >= v_zone.first and partition < v_zone.first + v_zone.size;
    v_excess := v_excess || array(
      select partition from partition_lease
      where holder = p_id and partition >= v_zone.first and partition < v_zone.first + v_zone.size
      order by partition offset v_share);
  end loop;
  return jsonb_build_object(
    'now', extract(epoch from clock_timestamp()) * 1000, 'share', v_all,
    'members', (select count(*) from worker_member), 'held', v_held, 'excess', to_jsonb(v_excess),
    'partitions', (select partitions from fleet));
end $$;
