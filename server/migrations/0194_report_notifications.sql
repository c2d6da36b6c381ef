-- Reports go out on the same way as alerts: written once, tried for a day, listed in the delivery log.
alter table notification drop constraint notification_event_check;
alter table notification add constraint notification_event_check check (event in ('fired', 'resolved', 'test', 'report'));
