-- Where a task ran and since when; which task it repeats.
alter table tasks
  add column started_at timestamptz,
  add column worker text,
  add column retry_of uuid;
create index tasks_by_kind on tasks (kind, created_at);
