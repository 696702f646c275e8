{{ config(
    affected_column='decision_key',
    change_columns=['decision_key', 'record_contract', 'record_key', 'name_key', 'shop_key', 'platform_key']
) }}
{{ depends_on_affected('standing_decision') }}

select {{ columns_of('standing_decision') }}
from {{ ref('judged_decision') }}
where {{ is_affected('standing_decision', 'decision_key') }}
