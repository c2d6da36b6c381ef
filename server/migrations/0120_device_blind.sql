-- Why nobody polls the devices of a site now: as `site_blind`, and 'plan' when collectors run but no hub has planned polls
-- for the time of three ticks.
create function device_blind(p_site text) returns text
language sql stable
return coalesce(site_blind(p_site),
  case when not exists (select 1 from schedule_head where planned_until > clock_timestamp() - interval '15 seconds') then 'plan' end);
