-- The channel of the canary's own alerts, one a minute: it ends in the hub, and no list shows it.
insert into channel (name, kind, target) values ('(canary)', 'canary', '') on conflict do nothing;
