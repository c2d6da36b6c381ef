-- The unique index by device and key finds the series of a device as well: one index less to feed for every new series.
drop index metric_series_by_device;
