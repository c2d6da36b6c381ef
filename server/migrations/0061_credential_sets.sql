-- What is tried on devices of a site or a subnet, in the order of positions, after a device's own credentials.
create table credential_set (
  id int generated always as identity primary key,
  name text not null,
  position int not null,
  -- Both must fit; an empty list fits every device.
  sites text[] not null default '{}',
  subnets text[] not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint credential_set_name_key unique (name)
);

create table credential_set_member (
  set_id int not null references credential_set on delete cascade,
  credential_id int not null references credential on delete restrict,
  position int not null,
  primary key (set_id, credential_id)
);
create index credential_set_member_by_credential on credential_set_member (credential_id);
