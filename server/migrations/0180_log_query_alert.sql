-- An alert fires when more lines than this of one device match within five minutes; null: none does.
alter table log_query add column alert_above int check (alert_above >= 0);
