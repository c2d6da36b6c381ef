-- Counting and finding devices by status, among ten thousand of which nearly all are up: those that are not by their status
-- as stored, those for which people have set another one, and those that nothing is asked of. No such column changes with a
-- poll, so that updates stay within their page.
create index device_state_not_up on device_state (status) where status <> 'up';
create index device_set_apart on device (id) where disabled or maintenance_since is not null;
create index device_bare on device (id) where collectors = '[]';
