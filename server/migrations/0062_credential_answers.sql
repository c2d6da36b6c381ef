-- Which secret of which credential a device has answered to, and when last (to within ten minutes).
create table credential_answer (
  device_id int not null references device on delete cascade,
  collector text not null,
  credential_id int not null references credential on delete cascade,
  version int not null,
  -- The first answer to this secret, and the last one.
  since timestamptz not null,
  at timestamptz not null,
  primary key (device_id, collector, credential_id)
) with (fillfactor = 70);
create index credential_answer_by_credential on credential_answer (credential_id, device_id);
