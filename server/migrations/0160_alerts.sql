-- Alerts: every time that the condition of a rule held for a subject. Channels, and the notifications to them: a transition
-- and its notifications are written in one transaction (decision 0031).

create table alert (
  id bigint generated always as identity primary key,
  -- The rule for programs: `spool_full`. What it is about, empty for all of SOTP.
  code text not null,
  subject text not null,
  state text not null check (state in ('pending', 'firing', 'resolved')),
  severity text not null,
  rule text not null,
  summary text not null,
  remedy text not null,
  href text,
  started_at timestamptz not null,
  fired_at timestamptz,
  -- Since when the condition holds no more, while the rule waits whether it comes back.
  clear_since timestamptz,
  resolved_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  note text
);
-- Two evaluators that overlap for a moment cannot open the same alert twice.
create unique index alert_open on alert (code, subject) where state <> 'resolved';
create index alert_by_state on alert (state, id);

create table channel (
  id int generated always as identity primary key,
  name text not null,
  kind text not null,
  -- What may be shown of where it goes; the rest is a secret.
  target text not null,
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  constraint channel_name unique (name)
);

create table notification (
  id bigint generated always as identity primary key,
  -- Null when the channel was removed.
  channel_id int references channel (id) on delete set null,
  channel_name text not null,
  alert_id bigint references alert (id) on delete set null,
  event text not null check (event in ('fired', 'resolved', 'test')),
  idempotency_key text not null unique,
  -- What is sent: the alert as it was then.
  payload jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'dead')),
  attempts int not null default 0,
  error text,
  created_at timestamptz not null,
  next_at timestamptz not null,
  -- Whoever sends it has it until then.
  claimed_until timestamptz,
  sent_at timestamptz
);
create index notification_due on notification (next_at) where state = 'waiting';
create index notification_by_alert on notification (alert_id, channel_id);
create index notification_by_channel on notification (channel_id, state);
