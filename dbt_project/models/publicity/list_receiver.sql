{{ config(affected_column='record_id', change_columns=['record_id']) }}

with named as (
    select record_id, listed_date, {{ each_piece('receiving_departments', '[；;、，,/ 　]+') }} as written
    from {{ ref('stg_list_entry') }}
    where receiving_departments is not null and {{ is_affected('list_receiver', 'record_id') }}
)

select distinct
    named.record_id,
    named.written,
    receivers.department
from named
left join {{ ref('policy_receiver') }} as receivers
    on named.written = receivers.text and {{ is_in_force('receivers', 'named.listed_date') }}
where named.written <> ''
