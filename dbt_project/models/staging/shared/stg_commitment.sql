{{ newest_of_shared('commitment') }}
