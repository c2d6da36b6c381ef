-- Batches of lines that are stored, by the collector process that sent them: one that comes again after a failure is not
-- stored twice. A source's older batches are forgotten as newer ones come.
create table log_batch (
  source text not null,
  sequence bigint not null,
  stored_at timestamptz not null default now(),
  primary key (source, sequence)
);
