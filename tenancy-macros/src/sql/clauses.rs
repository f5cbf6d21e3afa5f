//! The clauses of other databases, which the parser reads whatever its dialect is.
//!
//! Each struct is taken apart by all of its fields, so that one which a new version of the parser adds does not compile until
//! somebody has thought about it.

use sqlparser::ast::{LimitClause, Query, Select, SelectFlavor, TableFactor};

/// Whether a query has none of them.
pub(super) fn plain_query(query: &Query) -> bool {
    let Query {
        with: _,
        body: _,
        order_by: _,
        limit_clause,
        fetch: _,
        locks: _,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    let limit = match limit_clause {
        None => true,
        Some(LimitClause::LimitOffset { limit_by, .. }) => limit_by.is_empty(),
        Some(LimitClause::OffsetCommaLimit { .. }) => false,
    };
    limit
        && for_clause.is_none()
        && settings.is_none()
        && format_clause.is_none()
        && pipe_operators.is_empty()
}

/// Whether a SELECT has none of them.
pub(super) fn plain_select(select: &Select) -> bool {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct: _,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into: _,
        from: _,
        lateral_views,
        prewhere,
        selection: _,
        connect_by,
        group_by: _,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window: _,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    optimizer_hints.is_empty()
        && select_modifiers.is_none()
        && top.is_none()
        && exclude.is_none()
        && lateral_views.is_empty()
        && prewhere.is_none()
        && connect_by.is_empty()
        && cluster_by.is_empty()
        && distribute_by.is_empty()
        && sort_by.is_empty()
        && qualify.is_none()
        && value_table_mode.is_none()
        && *flavor == SelectFlavor::Standard
}

/// Whether a table or a function after FROM has none of them, and no sample is taken of it.
pub(super) fn plain_table(table: &TableFactor) -> bool {
    let TableFactor::Table {
        name: _,
        alias: _,
        args,
        with_hints,
        version,
        with_ordinality,
        partitions,
        json_path,
        sample,
        index_hints,
    } = table
    else {
        return true;
    };
    with_hints.is_empty()
        && version.is_none()
        && (args.is_some() || !with_ordinality)
        && args.as_ref().is_none_or(|args| args.settings.is_none())
        && partitions.is_empty()
        && json_path.is_none()
        && sample.is_none()
        && index_hints.is_empty()
}
