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
            {#- A column of nothing but 0.0 is taken for whole numbers, and Spark reads '0.0' as none. -#}
            {%- set text = (cell | int if types[loop.index0] == 'bigint' and cell is not none else cell) | string -%}
            cast({{ 'null' if cell is none else "'" ~ (text | replace("'", "''")) ~ "'" }} as {{ types[loop.index0] }})
            {{- ', ' if not loop.last -}}
        {%- endfor -%}){{ ',' if not loop.last }}
        {% endfor %}
    {%- endset -%}
    {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
    {{ return(statement) }}
{% endmacro %}
