{#- A batch counts once its ledger row is there; of a full-refresh feed only the newest delivery counts. -#}
{{ config(materialized='table') }}

with deliveries as (
    select batch_id, system_id, contract_id, mode, status, path, source_digest, delivered_at
    from {{ source('bronze', 'ledger') }}
    where status in ('accepted', 'repeated')
),

accepted_batches as (
    select distinct batch_id
    from deliveries
    where status = 'accepted'
),

ranked as (
    select
        deliveries.*,
        row_number() over (
            partition by deliveries.system_id, deliveries.contract_id, deliveries.mode
            order by deliveries.delivered_at desc, deliveries.path desc, deliveries.source_digest desc
        ) as feed_rank
    from deliveries
    inner join accepted_batches on deliveries.batch_id = accepted_batches.batch_id
),

counting as (
    select
        ranked.*,
        row_number() over (
            partition by ranked.batch_id
            order by ranked.delivered_at desc, ranked.path desc, ranked.source_digest desc, ranked.mode asc
        ) as batch_rank
    from ranked
    where ranked.mode <> 'full_refresh' or ranked.feed_rank = 1
)

select batch_id, system_id, contract_id, mode, path, source_digest, delivered_at
from counting
where batch_rank = 1
