-- The server as it is, and the fullest of its disks.
SELECT
    version() AS version,
    toUnixTimestamp64Milli(now64(3)) AS time,
    (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = {database:String}) AS bytes_stored,
    (SELECT argMin(free_space, free_space / total_space) FROM system.disks WHERE total_space > 0) AS disk_free,
    (SELECT argMin(total_space, free_space / total_space) FROM system.disks WHERE total_space > 0) AS disk_size
