//! Which expressions, operators and types may stand in a statement.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, BinaryOperator as Op, DataType, Expr, Function, FunctionArgumentClause, FunctionArguments,
    Ident, UnaryOperator, Value, Visit, Visitor,
};

use crate::sql::check::stored;
use crate::sql::literal::Literal;

/// What is thought of one expression, without those in it.
pub(super) enum Verdict {
    Fine,
    /// It turns a value into one that binds a tenant.
    Binds,
    Refused {
        what: &'static str,
        mend: &'static str,
    },
}

const NOT_POSTGRES: Verdict = Verdict::Refused {
    what: "this expression is not PostgreSQL's, or not known to `sql!`",
    mend: "write it in another way, or run the statement by `TenantTx::raw`",
};

/// What the visitor asks of each expression.
pub(super) fn verdict(expr: &Expr) -> Verdict {
    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::IsJson { .. }
        | Expr::IsNormalized { .. }
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. }
        | Expr::AtTimeZone { .. }
        | Expr::Extract { .. }
        | Expr::Ceil { .. }
        | Expr::Floor { .. }
        | Expr::Position { .. }
        | Expr::Substring { .. }
        | Expr::Trim { .. }
        | Expr::Overlay { .. }
        | Expr::Collate { .. }
        | Expr::Nested(_)
        | Expr::Case { .. }
        | Expr::Exists { .. }
        | Expr::Subquery(_)
        | Expr::GroupingSets(_)
        | Expr::Cube(_)
        | Expr::Rollup(_)
        | Expr::Tuple(_)
        | Expr::Array(_)
        | Expr::Interval(_) => Verdict::Fine,
        Expr::Value(value) => match value.value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::EscapedStringLiteral(_)
            | Value::NationalStringLiteral(_)
            | Value::HexStringLiteral(_)
            | Value::SingleQuotedByteStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null
            // Refused as a value.
            | Value::Placeholder(_) => Verdict::Fine,
            _ => NOT_POSTGRES,
        },
        Expr::CompoundFieldAccess { root, access_chain } => {
            // `a.tags[1]` is a column and its element.
            let named = usize::from(column_of(root, access_chain).is_some());
            if access_chain[named..].iter().all(|access| matches!(access, AccessExpr::Subscript(_))) {
                Verdict::Fine
            } else {
                Verdict::Refused {
                    what: "`(…).name` calls a function where there is no such field",
                    mend: "take the column from its table: `t.name`",
                }
            }
        }
        Expr::BinaryOp { op, .. }
        | Expr::AnyOp { compare_op: op, .. }
        | Expr::AllOp { compare_op: op, .. } => operator(op),
        Expr::UnaryOp {
            op:
                UnaryOperator::Plus
                | UnaryOperator::Minus
                | UnaryOperator::Not
                | UnaryOperator::BitwiseNot
                | UnaryOperator::PGAbs
                | UnaryOperator::PGSquareRoot
                | UnaryOperator::PGCubeRoot,
            ..
        } => Verdict::Fine,
        Expr::Cast { data_type, .. } => of_type(data_type),
        Expr::TypedString(typed) => of_type(&typed.data_type),
        Expr::Function(function) => call(function),
        _ => NOT_POSTGRES,
    }
}

/// The table and the column, where an expression is `t.x` or an element of it.
pub(super) fn column(expr: &Expr) -> Option<(&Ident, &Ident)> {
    match expr {
        Expr::CompoundIdentifier(parts) => match &parts[..] {
            [table, column] => Some((table, column)),
            _ => None,
        },
        Expr::CompoundFieldAccess { root, access_chain } => column_of(root, access_chain),
        _ => None,
    }
}

fn column_of<'e>(root: &'e Expr, access_chain: &'e [AccessExpr]) -> Option<(&'e Ident, &'e Ident)> {
    match (root, access_chain.first()) {
        (Expr::Identifier(table), Some(AccessExpr::Dot(Expr::Identifier(column))))
            if Literal::place_of(column).is_none() =>
        {
            Some((table, column))
        }
        _ => None,
    }
}

fn of_type(data_type: &DataType) -> Verdict {
    if binds(data_type) { Verdict::Binds } else { Verdict::Fine }
}

/// Operators of PostgreSQL's own types. One that is named with its schema, or that nobody knows, calls what it likes.
fn operator(op: &Op) -> Verdict {
    match op {
        Op::PGCustomBinaryOperator(_) | Op::Custom(_) => Verdict::Refused {
            what: "an operator of one's own calls a function",
            mend: "declare the function by `sql_function!`, and call that",
        },
        Op::Spaceship
        | Op::Xor
        | Op::DuckIntegerDivide
        | Op::MyIntegerDivide
        | Op::Match
        | Op::Regexp
        | Op::Glob
        | Op::Assignment => NOT_POSTGRES,
        _ => Verdict::Fine,
    }
}

/// How a function is called. Which one it is, is asked elsewhere.
fn call(function: &Function) -> Verdict {
    let Function {
        name: _,
        uses_odbc_syntax,
        parameters,
        args,
        within_group: _,
        filter: _,
        null_treatment: _,
        over: _,
    } = function;
    if *uses_odbc_syntax || !matches!(parameters, FunctionArguments::None) {
        return NOT_POSTGRES;
    }
    let FunctionArguments::List(list) = args else { return Verdict::Fine };
    let fine = list.clauses.iter().all(|clause| {
        matches!(clause, FunctionArgumentClause::OrderBy(_) | FunctionArgumentClause::JsonNullClause(_))
    });
    if fine { Verdict::Fine } else { NOT_POSTGRES }
}

/// Whether making a value of this type binds a tenant: by the domains of the schema `tenancy`, whatever the search path is.
pub(super) fn binds(data_type: &DataType) -> bool {
    struct Domains;

    impl Visitor for Domains {
        type Break = ();

        fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<()> {
            if matches!(&*stored(ident), "tenancy" | "bound" | "bound_public") {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }

    data_type.visit(&mut Domains).is_break()
}
