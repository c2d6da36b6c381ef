-- A poll of a switch is some hundred counters. As float8[] of 8 bytes each such a row went out of its page, in three parts,
-- which cost more than all else of storing it. Whole numbers lie in a few bytes each now; what is no whole number, and rows
-- from before, in the array. See the decision record on polls in the head.
alter table metric_head add column whole bytea;
-- Little to gain by compressing what is counted in bytes already.
alter table metric_head alter column whole set storage external;

-- The values of a poll. `whole`: their number (4 bytes, big-endian), a nibble each (low first), the bytes these tell (little-
-- endian). A nibble up to 7 is a number of bytes, 8 the next of the array, 9 no value (NaN).
create function metric_values(p_whole bytea, p_floats float8[]) returns float8[]
language plpgsql immutable parallel safe as $$
declare
  v_count int;
  v_at int;
  v_float int := 0;
  v_nibble int;
  v_value float8;
  v_values float8[] := '{}';
begin
  if p_whole is null then
    return p_floats;
  end if;
  v_count := get_byte(p_whole, 0) * 16777216 + get_byte(p_whole, 1) * 65536 + get_byte(p_whole, 2) * 256 + get_byte(p_whole, 3);
  v_at := 4 + (v_count + 1) / 2;
  for i in 0 .. v_count - 1 loop
    v_nibble := (get_byte(p_whole, 4 + i / 2) >> (4 * (i % 2))) & 15;
    if v_nibble <= 7 then
      v_value := 0;
      for b in reverse v_nibble - 1 .. 0 loop
        v_value := v_value * 256 + get_byte(p_whole, v_at + b);
      end loop;
      v_at := v_at + v_nibble;
    elsif v_nibble = 8 then
      v_float := v_float + 1;
      v_value := p_floats[v_float];
    else
      v_value := 'NaN';
    end if;
    v_values := v_values || v_value;
  end loop;
  return v_values;
end
$$;

create or replace view metric_sample as
select h.at, h.polled_at, h.device_id, s.id as series_id, s.metric, s.labels, s.unit, s.kind, v.value
from metric_head h
join metric_layout l on l.id = h.layout_id
cross join lateral unnest(l.series, metric_values(h.whole, h."values")) as v (series_id, value)
join metric_series s on s.id = v.series_id
where v.value <> 'NaN';
