"""Speed of feeds that are pulled from a database and from a service, beside dlt on the same servers."""
