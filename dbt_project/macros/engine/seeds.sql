{#- Rows of a seed on Spark. dbt-spark writes an empty cell as the text 'None'; here it is null, as on DuckDB. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- do types.append(model['config'].get('column_types', {}).get(name) or adapter.convert_type(agate_table, loop.index0)) -%}
    {%- endfor -%}
    {%- set statement -%}
        insert into {{ this.render() }} values
        {% for row in agate_table.rows -%}
        ({%- for cell in row -%}
            {%- set kind = types[loop.index0] -%}
            {#- A column of whole numbers may write them 0.0. -#}
            {%- set written = cell | int if kind in ['bigint', 'int'] and cell is number else cell -%}
            cast({{ 'null' if cell is none else "'" ~ (written | string | replace("'", "''")) ~ "'" }} as {{ kind }})
            {{- ', ' if not loop.last -}}
        {%- endfor -%}){{ ',' if not loop.last }}
        {% endfor %}
    {%- endset -%}
    {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
    {{ return(statement) }}
{% endmacro %}
