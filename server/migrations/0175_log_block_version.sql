-- Which version of packing wrote a block; blocks of version 2 have the values of fields in their index. While there are older
-- ones within the time that is searched, fields are looked up by their words.
alter table log_block add column version smallint not null default 1;
create index log_block_of_version_1 on log_block (last_at) where version = 1;
