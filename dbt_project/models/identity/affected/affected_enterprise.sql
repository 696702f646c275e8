{#- Codes of all register records and changes that came or went: newest version or not, each may hold a former name. -#}
{{ affected_keys('uscc', [('enterprise_registration_versions', 'uscc'), ('registration_change_versions', 'uscc')]) }}
