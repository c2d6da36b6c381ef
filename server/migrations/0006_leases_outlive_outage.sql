-- A database that was away let every lease run out, and whoever came first afterwards took them all, though their holders
-- had polled on. So when a member comes back and finds that everybody was silent, it was the database: all leases and
-- members get the time of one lease to come back.
create or replace function worker_beat(p_id text, p_host text, p_pid int, p_partitions int, p_ttl_ms int) returns jsonb
language plpgsql as $$
declare
  v_now     timestamptz;
  v_until   timestamptz;
  v_members int;
  v_rank    int;
  v_share   int;
  v_mine    int;
  v_held    jsonb;
begin
  perform pg_advisory_xact_lock(7362002);
  v_now := clock_timestamp();
  v_until := v_now + p_ttl_ms * interval '1 millisecond';
  if exists (select 1 from worker_member where id = p_id and seen_until < v_now)
     and not exists (select 1 from worker_member where seen_until >= v_now) then
    update worker_member set seen_until = v_until;
    update partition_lease set lease_until = v_until where holder is not null;
  end if;
  insert into worker_member (id, host, pid, seen_until) values (p_id, p_host, p_pid, v_until)
    on conflict (id) do update set seen_until = excluded.seen_until;
  delete from worker_member where seen_until < v_now;
  if (select count(*) from partition_lease where partition < p_partitions) < p_partitions then
    insert into partition_lease (partition) select generate_series(0, p_partitions - 1) on conflict do nothing;
  end if;
  update partition_lease set lease_until = v_until where holder = p_id;
  select count(*), count(*) filter (where id < p_id) into v_members, v_rank from worker_member;
  v_share := p_partitions / v_members + case when v_rank < p_partitions % v_members then 1 else 0 end;
  select count(*) into v_mine from partition_lease where holder = p_id and partition < p_partitions;
  if v_mine < v_share then
    update partition_lease set holder = p_id, term = term + 1, lease_until = v_until
    where partition in (
      select partition from partition_lease
      where partition < p_partitions and (holder is null or lease_until < v_now)
      order by partition
      limit v_share - v_mine);
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('partition', partition, 'term', term) order by partition), '[]')
    into v_held from partition_lease where holder = p_id and partition < p_partitions;
  return jsonb_build_object(
    'now', extract(epoch from clock_timestamp()) * 1000, 'share', v_share, 'members', v_members, 'held', v_held);
end $$;
