//! `cargo tenancy diagram`: tables, keys and isolation, as an entity relationship diagram of Mermaid or as SVG.
//!
//! The SVG is drawn from the same Mermaid text, so that the two cannot say different things. Mermaid's grammar has no way to
//! quote a column's name: what it does not take stands there with `_` in its place, and in full beside it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mermaid_rs_renderer::{LayoutConfig, Theme};
use tenancy_core::schema::{ColumnRole, Isolation, OnDelete, OutlinedTable};

use crate::args::{self, Drawing};
use crate::failure::{self, Failure, Outcome};
use crate::lock::Lock;

pub(crate) fn run(arguments: &args::Diagram) -> Result<Outcome, Failure> {
    let lock = Lock::read(arguments.lock.lock.as_deref())?;
    let is_svg =
        || arguments.output.as_ref().is_some_and(|path| path.extension().is_some_and(|ext| ext == "svg"));
    let drawing = arguments.format.unwrap_or_else(|| if is_svg() { Drawing::Svg } else { Drawing::Mermaid });
    let tables = lock.outline.tables();
    let drawn = match drawing {
        Drawing::Mermaid => mermaid(&tables, &names(&tables), |name, label| format!("{name}[\"{label}\"]")),
        Drawing::Svg => svg(&tables)?,
    };
    match &arguments.output {
        Some(path) => std::fs::write(path, drawn).map_err(failure::io(path))?,
        None => crate::output::write(format_args!("{drawn}")),
    }
    Ok(Outcome::Clean)
}

/// The picture. Its library reads a table's name, and neither a label beside it nor quotes around what a line says: those
/// are put into what it has read.
fn svg(tables: &[OutlinedTable<'_>]) -> Result<String, Failure> {
    let names = names(tables);
    let text = mermaid(tables, &names, |name, _| name.to_owned());
    let parsed = mermaid_rs_renderer::parse_mermaid(&text)
        .map_err(|error| Failure::new(format!("the diagram cannot be drawn: {error}")))?;
    let mut graph = parsed.graph;
    for table in tables {
        let name = &names[&key(table)];
        if let Some(node) = graph.nodes.get_mut(name) {
            node.label = node.label.replacen(name.as_str(), &label(table), 1);
        }
    }
    for edge in &mut graph.edges {
        edge.label = edge.label.take().map(|label| label.trim_matches('"').to_owned());
    }
    // A heading that is wrapped loses its first line.
    let config = LayoutConfig { max_label_width_chars: 200, ..LayoutConfig::default() };
    let theme = Theme::modern();
    let layout = mermaid_rs_renderer::compute_layout(&graph, &theme, &config);
    Ok(mermaid_rs_renderer::render_svg(&layout, &theme, &config))
}

/// The diagram's text. `head` is what stands before the columns of a table: of its name and its label.
fn mermaid(tables: &[OutlinedTable<'_>], names: &Names<'_>, head: impl Fn(&str, &str) -> String) -> String {
    let mut text = String::from("erDiagram\n");
    for table in tables {
        let _ = writeln!(text, "    {} {{", head(&names[&key(table)], &label(table)));
        for column in columns(table) {
            let _ = writeln!(text, "        {column}");
        }
        text += "    }\n";
    }
    for table in tables {
        for reference in table.references() {
            // Of a table that is not listed nothing is known.
            let Some(parent) = names.get(&reference.parent) else { continue };
            let one = if reference.nullable { "|o" } else { "||" };
            let deletion = match reference.on_delete {
                OnDelete::Cascade => ", on delete cascade",
                OnDelete::SetNull => ", on delete set null",
                OnDelete::Restrict => ", on delete restrict",
                _ => "",
            };
            let paired = if tenant(table).is_some()
                && tables.iter().any(|t| key(t) == reference.parent && tenant(t).is_some())
            {
                "tenant + "
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "    {parent} {one}--o{{ {} : \"{paired}{}{deletion}\"",
                names[&key(table)],
                quoted(reference.column)
            );
        }
    }
    text
}

fn key<'a>(table: &OutlinedTable<'a>) -> (&'a str, &'a str) {
    (table.schema(), table.name())
}

fn tenant<'a>(table: &OutlinedTable<'a>) -> Option<&'a str> {
    match table.isolation() {
        Isolation::Isolated { tenant, .. } | Isolation::Adopting { tenant } => Some(tenant),
        _ => None,
    }
}

/// What stands over a table: its name and whose its rows are.
fn label(table: &OutlinedTable<'_>) -> String {
    let name = match table.schema() {
        "public" => table.name().to_owned(),
        schema => format!("{schema}.{}", table.name()),
    };
    let whose = match table.isolation() {
        Isolation::Isolated { public_read: false, .. } => "isolated",
        Isolation::Isolated { public_read: true, .. } => "isolated, visitors read",
        Isolation::Adopting { .. } => "being adopted",
        Isolation::Global { writable: false } => "global",
        Isolation::Global { writable: true } => "global, tenants write",
        _ => "",
    };
    format!("{} ({whose})", quoted(&name))
}

/// One line for each column: who writes it, its name, its keys.
fn columns(table: &OutlinedTable<'_>) -> Vec<String> {
    let lead = tenant(table);
    table
        .columns()
        .map(|column| {
            let is_tenant = Some(column.name) == lead;
            let mut keys = Vec::new();
            if is_tenant || matches!(column.role, ColumnRole::Id | ColumnRole::DefaultId) {
                keys.push("PK");
            }
            if table.references().any(|reference| reference.column == column.name) {
                keys.push("FK");
            }
            if table.uniques().iter().any(|unique| unique.iter().any(|name| name == column.name)) {
                keys.push("UK");
            }
            let role = match column.role {
                ColumnRole::Tenant => "tenant",
                ColumnRole::Id | ColumnRole::DefaultId => "id",
                ColumnRole::Required if column.nullable => "optional",
                ColumnRole::Required => "required",
                ColumnRole::Defaulted => "defaulted",
                ColumnRole::Generated => "generated",
                _ => "kept",
            };
            let name = word(column.name);
            let mut line = format!("{role} {name}");
            if !keys.is_empty() {
                let _ = write!(line, " {}", keys.join(", "));
            }
            if name != column.name {
                let _ = write!(line, " \"{}\"", quoted(column.name));
            }
            line
        })
        .collect()
}

/// By schema and name, what each table is called in the diagram.
type Names<'a> = BTreeMap<(&'a str, &'a str), String>;

/// A name for each table that Mermaid takes without quotes, and that no other table has.
fn names<'a>(tables: &[OutlinedTable<'a>]) -> Names<'a> {
    let mut names = Names::new();
    for table in tables {
        let plain = match table.schema() {
            "public" => word(table.name()),
            schema => format!("{}_{}", word(schema), word(table.name())),
        };
        let mut name = plain.clone();
        let mut number = 2;
        while names.values().any(|taken| *taken == name) {
            name = format!("{plain}_{number}");
            number += 1;
        }
        names.insert(key(table), name);
    }
    names
}

/// What Mermaid takes as a name: letters, digits, `_`, and no digit in front.
fn word(name: &str) -> String {
    let mut word: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        word.insert(0, 't');
    }
    word
}

/// Within double quotes, for which Mermaid has no escape.
fn quoted(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        assert_eq!(word("projects"), "projects");
        assert_eq!(word("2fa codes"), "t2fa_codes");
        assert_eq!(word("größe"), "gr__e");
        assert_eq!(quoted("say \"hi\"\n"), "say 'hi' ");
    }
}
