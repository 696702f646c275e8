{{ newest_of_shared('honour') }}
